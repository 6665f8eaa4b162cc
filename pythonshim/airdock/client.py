"""A Docker Engine in Python, with or without Airflow."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from airdock.call import STOPPABLE, Call
from airdock.engine import EngineSpec
from airdock.exceptions import InvalidRequestError
from airdock.exit import check_exit
from airdock.hooks.answers import (
    BuiltImage,
    EngineDescription,
    Image,
    PushedImage,
    RemovedImage,
    RunResult,
    answer,
)
from airdock.hooks.volumes import Volumes
from airdock.masking import mask
from airdock.output import OutputLog, Tail
from airdock.plugin.client import Plugin
from airdock.request import build_fields, request_parameters

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Event

C = TypeVar("C", bound="Client")


class Client:
    """
    An engine, for use in ``with``: one plugin process serves all calls of the block.

    What is under way when the block is left is stopped. Each call writes its progress into ``log``.

    :param registry_auth: logins for registries: ``server_address``, ``username`` and ``password``.
    :param engine: the parameters of ``airdock.engine.EngineSpec``: ``docker_url``, ``tls_ca_cert``
        ... Default: what the ``DOCKER_*`` variables of the environment mean to the docker CLI.
    """

    def __init__(self, *, registry_auth: Iterable[Mapping[str, str]] = (), **engine: Any) -> None:
        self.registry_auth = [dict(login) for login in registry_auth]
        self._spec = EngineSpec(**engine)
        self._engine: dict[str, Any] = {}
        self._plugin: Plugin | None = None
        self._current: Call | None = None

    @property
    def log(self) -> logging.Logger:
        """Where everything goes that is to be read: the logger ``airdock``, or the task's in a hook."""
        return logging.getLogger("airdock")

    def __enter__(self: C) -> C:
        self._engine = self._spec.request(os.environ)
        self._plugin = Plugin(self.log, os.environ)
        self._plugin.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        plugin, self._plugin = self._plugin, None
        try:
            self.stop()
        finally:
            if plugin is not None:
                plugin.close()

    def stop(self) -> None:
        """Stop the run, build or transfer under way; for an ``on_kill``. It then raises StoppedError."""
        if self._current is not None:
            self._current.stop()

    @property
    def volumes(self) -> Volumes:
        """The engine's volumes."""
        return Volumes(self.call, self._origin())

    def info(self) -> EngineDescription:
        """Return what the engine says of itself."""
        return answer(EngineDescription, self.call("Info", {}).engine_info)

    def pull(self, image: str, *, platform: str | None = None) -> Image:
        """Fetch an image, whether or not the engine has it."""
        fields = {"image": image, "platform": platform, "registry_auth": self.registry_auth}
        return answer(Image, self.call("Pull", fields).image_info)

    def push(self, image: str) -> PushedImage:
        """Send an image to the registry that its name begins with."""
        fields = {"image": image, "registry_auth": self.registry_auth}
        return answer(PushedImage, self.call("Push", fields).push_result)

    def tag(self, image: str, *tags: str) -> Image:
        """Give an image, by name or id, further names."""
        return answer(Image, self.call("Tag", {"image": image, "tags": tags}).image_info)

    def inspect(self, image: str) -> Image:
        """
        Return what the engine says of an image, by name or id.

        :raises ImageNotFoundError: it has none of that name.
        """
        return answer(Image, self.call("ImageInspect", {"image": image}).image_info)

    def remove(self, image: str, *, force: bool = False) -> RemovedImage:
        """
        Remove a name of an image, and the image with its last name. One that is not there is no error.

        :param force: also an image with several names by its id, and one that stopped containers use.
        :raises ImageInUseError: a container uses it.
        """
        return answer(RemovedImage, self.call("ImageRemove", {"image": image, "force": force}).image_removed)

    def build(
        self,
        context: str | os.PathLike[str] | None = None,
        *,
        secrets: Mapping[str, str | bytes] | None = None,
        **parameters: Any,
    ) -> BuiltImage:
        """
        Build an image.

        :param context: folder or tar that COPY and ADD copy from.
        :param secrets: id to value, as DockerBuildOperator has them.
        :param parameters: those of DockerBuildOperator: ``tags``, ``dockerfile``, ``build_args`` ...
        """
        fields = build_fields({"context": context, **parameters}, secrets or {})
        fields["registry_auth"] = self.registry_auth
        return answer(BuiltImage, self.call("Build", fields).build_result)

    def run(
        self,
        image: str,
        command: str | Sequence[str] | None = None,
        *,
        private_environment: Mapping[str, Any] | None = None,
        check: bool = True,
        on_line: Callable[[str, str], None] | None = None,
        request: Mapping[str, Any] | None = None,
        **container: Any,
    ) -> RunResult:
        """
        Run a container, write what it prints into the log, and remove it.

        :param command: a list of words, or a string that is split as a shell does it.
        :param private_environment: environment variables whose values no log shows.
        :param check: raise ContainerFailedError when the exit code is not 0.
        :param on_line: is given ``stdout`` or ``stderr`` and each line as it is printed; a line of more
            than 64 KiB comes in pieces.
        :param request: further fields of the protocol's RunRequest by name: ``run_timeout``, ``outputs`` ...
        :param container: DockerOperator's parameters of a container, or fields of the protocol's Container
            by name: ``environment``, ``mounts``, ``mem_limit``, ``image_pull_policy`` ...
        :raises StoppedError: the container was stopped on request.
        """
        mask(value for value in (private_environment or {}).values() if value is not None)
        given = {"image": image, "command": command, "private_environment": private_environment, **container}
        fields = {
            "origin": self._origin(),
            "registry_auth": self.registry_auth,
            "parameters": request_parameters(given, os.environ),
            "remove": "REMOVE_FORCE",
            **(request or {}),
        }
        tail = Tail()
        ended = self.call("Run", fields, OutputLog(self.log, tail, on_line=on_line)).exit
        if check or ended.stopped:
            check_exit(ended, self.log)
        return RunResult(ended.exit_code, tail.value(), tail.truncated, ended.container_id)

    def call(self, operation: str, fields: Mapping[str, Any], output: OutputLog | None = None) -> Event:
        """
        Make a call and return the event that ends it; leaving the ``with`` block stops it.

        :param operation: its name in the protocol.
        :param fields: of its request, in JSON form, but for engine and key.
        :param output: where a container's output goes.
        """
        if self._plugin is None:
            raise InvalidRequestError(
                f"Use it in a with block: with {type(self).__name__}(...) as docker: ..."
            )
        request = {"engine": self._engine, **fields}
        if operation in STOPPABLE:
            request["key"] = f"client.{uuid.uuid4().hex}"
        call = self._current = Call(operation, request, self._plugin)
        try:
            with call:
                return call.follow(output)
        finally:
            self._current = None

    def _origin(self) -> dict[str, str]:
        """Return what becomes labels of a container: where it comes from."""
        return {}
