"""A Docker Engine in Python, with or without Airflow."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from airdock._compat import Logger
from airdock.ask import ask
from airdock.build import Build, follow_build
from airdock.build_request import build_fields
from airdock.container import container_fields
from airdock.engine import EngineSpec
from airdock.exceptions import InvalidRequestError
from airdock.follow import check_exit, follow
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
from airdock.output import STDERR, STDOUT, Keeper, OutputLog, Tail
from airdock.plugin.client import Plugin
from airdock.progress import PullLog, PushLog
from airdock.results import ResultFiles
from airdock.run import Run

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Event

C = TypeVar("C", bound="Client")
R = TypeVar("R", bound=Run)
#: The most characters of a container's output that a result has.
OUTPUT_LIMIT = 1 << 20


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
        self._current: Run | None = None

    @property
    def log(self) -> Logger:
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
        return Volumes(self.log, self._origin(), self.ask, self.start)

    def info(self) -> EngineDescription:
        """Return what the engine says of itself."""
        return answer(EngineDescription, self.ask("Info", {}).engine_info)

    def pull(self, image: str, *, platform: str | None = None) -> Image:
        """Fetch an image, whether or not the engine has it."""
        fields = {"image": image, "platform": platform, "registry_auth": self.registry_auth}
        return answer(Image, self.ask("Pull", fields, PullLog(self.log)).image_info)

    def push(self, image: str) -> PushedImage:
        """Send an image to the registry that its name begins with."""
        fields = {"image": image, "registry_auth": self.registry_auth}
        return answer(PushedImage, self.ask("Push", fields, PushLog(self.log)).push_result)

    def tag(self, image: str, *tags: str) -> Image:
        """Give an image, by name or id, further names."""
        return answer(Image, self.ask("Tag", {"image": image, "tags": tags}).image_info)

    def inspect(self, image: str) -> Image:
        """
        Return what the engine says of an image, by name or id.

        :raises ImageNotFoundError: it has none of that name.
        """
        return answer(Image, self.ask("ImageInspect", {"image": image}).image_info)

    def remove(self, image: str, *, force: bool = False) -> RemovedImage:
        """
        Remove a name of an image, and the image with its last name. One that is not there is no error.

        :param force: also an image with several names by its id, and one that stopped containers use.
        :raises ImageInUseError: a container uses it.
        """
        return answer(RemovedImage, self.ask("ImageRemove", {"image": image, "force": force}).image_removed)

    def build(self, context: str | os.PathLike[str] | None = None, **parameters: Any) -> BuiltImage:
        """
        Build an image.

        :param context: folder or tar that COPY and ADD copy from.
        :param parameters: those of DockerBuildOperator: ``tags``, ``dockerfile``, ``build_args`` ...
        """
        request = {"registry_auth": self.registry_auth, **build_fields({"context": context, **parameters})}
        with self.start(Build, request) as build:
            return answer(BuiltImage, follow_build(build, self.log))

    def run(
        self,
        image: str,
        command: str | Sequence[str] | None = None,
        *,
        private_environment: Mapping[str, Any] | None = None,
        image_pull_policy: str = "missing",
        check: bool = True,
        on_line: Callable[[str, str], None] | None = None,
        request: Mapping[str, Any] | None = None,
        **container: Any,
    ) -> RunResult:
        """
        Run a container, write what it prints into the log, and remove it.

        :param command: a list of words, or a string that is split as a shell does it.
        :param private_environment: environment variables whose values no log shows.
        :param image_pull_policy: ``missing``, ``always`` or ``never``.
        :param check: raise ContainerFailedError when the exit code is not 0.
        :param on_line: is given ``stdout`` or ``stderr`` and each line as it is printed; a line of more
            than 64 KiB comes in pieces.
        :param request: further fields of the protocol's RunRequest by name: ``run_timeout``, ``outputs`` ...
        :param container: fields of the protocol's Container by name, which are mostly the docker CLI's:
            ``environment``, ``mounts``, ``memory``, ``network_mode`` ... See container_fields.
        :raises StoppedError: the container was stopped on request.
        """
        mask(value for value in (private_environment or {}).values() if value is not None)
        given = {"image": image, "command": command, "private_environment": private_environment, **container}
        fields = {
            "origin": self._origin(),
            "registry_auth": self.registry_auth,
            "container": {"log_driver": "json-file", **container_fields(given)},
            "pull": f"PULL_{image_pull_policy.upper()}",
            "remove": "REMOVE_FORCE",
            **(request or {}),
        }
        tail = Tail(OUTPUT_LIMIT)
        listeners = {stream: [_Listener(stream, on_line)] if on_line else [] for stream in (STDOUT, STDERR)}
        keepers: dict[str, list[Keeper]] = {STDOUT: [tail, *listeners[STDOUT]], STDERR: [*listeners[STDERR]]}
        with self.start(Run, fields) as run:
            exit_ = follow(run, self.log, OutputLog(self.log, keepers), ResultFiles({}))
        if check or exit_.stopped:
            check_exit(exit_, self.log, None)
        return RunResult(exit_.exit_code, tail.value(), tail.truncated, exit_.container_id)

    def ask(self, operation: str, fields: Mapping[str, Any], log: PullLog | None = None) -> Event:
        """
        Make a call that leaves nothing running, and return the event that ends it.

        :param operation: its name in the protocol.
        :param fields: of its request, in JSON form, but for the engine.
        :param log: takes its progress.
        """

        def progress(event: Event) -> None:
            kind = event.WhichOneof("event") or ""
            if log is not None and kind in ("pull_progress", "push_progress"):
                log.write(getattr(event, kind))

        try:
            return ask(self._entered(), operation, {"engine": self._engine, **fields}, progress)
        finally:
            if log is not None:
                log.close()

    @contextmanager
    def start(self, kind: type[R], fields: Mapping[str, Any]) -> Iterator[R]:
        """
        Begin a call that can be stopped, under a key of its own; leaving the block stops it.

        :param kind: the class of the call.
        :param fields: of its request, in JSON form, but for engine and key.
        """
        plugin, key = self._entered(), f"client.{uuid.uuid4().hex}"
        request = {"engine": self._engine, "key": key, **fields}
        run = self._current = kind(request, log=self.log, environ=os.environ, plugin=plugin)
        try:
            with run:
                yield run
        finally:
            self._current = None

    def _origin(self) -> dict[str, str]:
        """Return what becomes labels of a container: where it comes from."""
        return {}

    def _entered(self) -> Plugin:
        if self._plugin is None:
            raise InvalidRequestError(
                f"Use it in a with block: with {type(self).__name__}(...) as docker: ..."
            )
        return self._plugin


class _Listener:
    """Hands each line on, with the name of its stream."""

    def __init__(self, stream: str, on_line: Callable[[str, str], None]) -> None:
        self._stream = stream
        self._on_line = on_line

    def add(self, text: str, ended: bool) -> None:
        self._on_line(self._stream, text)
