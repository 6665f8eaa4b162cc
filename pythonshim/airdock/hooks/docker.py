"""An engine in Python: for a TaskFlow task that builds, pulls and runs by itself."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from airdock.ask import ask
from airdock.build import Build, follow_build
from airdock.build_request import build_fields, build_result_dict
from airdock.engine import EngineSpec
from airdock.exceptions import InvalidRequestError
from airdock.follow import check_exit, follow
from airdock.hooks.answers import BuiltImage, EngineDescription, Image, PushedImage, RunResult
from airdock.limits import label_map
from airdock.logins import registry_logins
from airdock.masking import mask
from airdock.output import STDOUT, AllLines, LastLine, OutputLog
from airdock.progress import PullLog, PushLog
from airdock.request import environment_list, mount_objects, run_origin, words
from airdock.results import ResultFiles
from airdock.run import Run

try:
    from airflow.sdk import BaseHook
except ImportError:  # Airflow 2
    from airflow.hooks.base import BaseHook

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Event

R = TypeVar("R", bound=Run)
_PULL = {"missing": "PULL_MISSING", "always": "PULL_ALWAYS", "never": "PULL_NEVER"}


class DockerHook(BaseHook):
    """
    An engine, for use in ``with``. What is under way when the block is left is stopped.

    Parameters are those of DockerOperator, by name and meaning, but nothing is templated here.

    :param docker_url: address or addresses of the engine. Default: the worker's ``DOCKER_HOST`` with
        ``DOCKER_TLS_VERIFY`` and ``DOCKER_CERT_PATH``, or else the local socket.
    :param tls_ca_cert: path of the certificate of the CA that signed the engine's.
    :param tls_client_cert: path of our certificate.
    :param tls_client_key: path of its key.
    :param tls_verify: False: accept any certificate of the engine.
    :param tls_hostname: the name to look for in the engine's certificate, if it is not the address's.
    :param timeout: bound on one call of the engine's API, in seconds.
    :param api_version: version of the Engine API; None or ``auto``: what both sides know.
    :param docker_conn_id: connection of Airflow's type ``docker`` with a registry's login, or several.
    """

    def __init__(
        self,
        *,
        docker_url: str | Sequence[str] | None = None,
        tls_ca_cert: str | None = None,
        tls_client_cert: str | None = None,
        tls_client_key: str | None = None,
        tls_verify: bool = True,
        tls_hostname: str | bool | None = None,
        timeout: float = 60,
        api_version: str | None = None,
        docker_conn_id: str | Iterable[str] | None = None,
    ) -> None:
        super().__init__()
        self.docker_url = docker_url
        self.tls_ca_cert = tls_ca_cert
        self.tls_client_cert = tls_client_cert
        self.tls_client_key = tls_client_key
        self.tls_verify = tls_verify
        self.tls_hostname = tls_hostname
        self.timeout = timeout
        self.api_version = api_version
        self.docker_conn_id = docker_conn_id
        self._engine: dict[str, Any] | None = None
        self._logins: list[dict[str, str]] = []
        self._current: Run | None = None

    def __enter__(self) -> DockerHook:
        self._logins = registry_logins(self.docker_conn_id)
        mask(login["password"] for login in self._logins)
        self._engine = EngineSpec.of(self).request(os.environ)
        return self

    def __exit__(self, *_: object) -> None:
        self._engine = None
        if self._current is not None:
            self._current.stop()

    def stop(self) -> None:
        """Stop the run or build under way; for an ``on_kill``. It then raises StoppedError."""
        if self._current is not None:
            self._current.stop()

    def info(self) -> EngineDescription:
        """Return what the engine says of itself."""
        info = self._ask("Info", {}).engine_info
        return EngineDescription(
            host=info.host,
            name=info.name,
            version=info.version,
            api_version=info.api_version,
            os=info.os,
            architecture=info.arch,
            storage_driver=info.storage_driver,
            buildkit=info.buildkit,
        )

    def pull(self, image: str, *, platform: str | None = None) -> Image:
        """Fetch an image, whether or not the engine has it."""
        fields = {"image": image, "platform": platform or "", "registry_auth": self._logins}
        found = self._ask("Pull", fields, PullLog(self.log)).image_info
        return Image(
            image_id=found.id,
            tags=list(found.tags),
            digests=list(found.digests),
            size=found.size,
            os=found.os,
            architecture=found.architecture,
        )

    def push(self, image: str) -> PushedImage:
        """Send an image to the registry that its name begins with."""
        fields = {"image": image, "registry_auth": self._logins}
        pushed = self._ask("Push", fields, PushLog(self.log)).push_result
        return PushedImage(image=pushed.image, digest=pushed.digest)

    def build(self, context: str | os.PathLike[str] | None = None, **parameters: Any) -> BuiltImage:
        """
        Build an image.

        :param context: folder or tar that COPY and ADD copy from.
        :param parameters: those of DockerBuildOperator: ``tags``, ``dockerfile``, ``build_args`` ...
        """
        request = {**self._begin(), **build_fields(context=context, **parameters)}
        with self._under_way(Build(request, log=self.log, environ=os.environ)) as build:
            result = follow_build(build, self.log)
        return BuiltImage(**build_result_dict(result))

    def run(
        self,
        image: str,
        command: str | Sequence[str] | None = None,
        *,
        entrypoint: str | Sequence[str] | None = None,
        environment: Mapping[str, Any] | None = None,
        private_environment: Mapping[str, Any] | None = None,
        mounts: Iterable[Mapping[str, Any]] | None = None,
        user: str | int | None = None,
        working_dir: str | None = None,
        network_mode: str | None = None,
        labels: Mapping[str, str] | Iterable[str] | None = None,
        image_pull_policy: Literal["missing", "always", "never"] = "missing",
        keep_lines: bool = False,
        check: bool = True,
    ) -> RunResult:
        """
        Run a container, write what it prints into the task's log, and remove it.

        :param keep_lines: the result has all lines of stdout; they are held in memory.
        :param check: raise ContainerFailedError when the exit code is not 0.
        :raises StoppedError: the container was stopped on request.
        """
        if image_pull_policy not in _PULL:
            raise InvalidRequestError(
                f"image_pull_policy is {image_pull_policy!r}; expected one of {', '.join(_PULL)}."
            )
        mask(value for value in (private_environment or {}).values() if value is not None)
        request = {
            **self._begin(),
            "origin": _origin(),
            "container": {
                "image": image,
                "command": words("command", command),
                "entrypoint": words("entrypoint", entrypoint),
                "environment": environment_list(environment),
                "private_environment": environment_list(private_environment),
                "mounts": mount_objects(mounts),
                "user": "" if user is None else str(user),
                "working_dir": working_dir or "",
                "network_mode": network_mode or "",
                "labels": label_map(labels),
                "log_driver": "json-file",
            },
            "pull": _PULL[image_pull_policy],
            "remove": "REMOVE_FORCE",
        }
        last, lines = LastLine(), AllLines()
        output = OutputLog(self.log, {STDOUT: [last, lines] if keep_lines else [last]})
        with self._under_way(Run(request, remove=True, log=self.log, environ=os.environ)) as run:
            exit_ = follow(run, self.log, output, ResultFiles({}))
        if check or exit_.stopped:
            check_exit(exit_, self.log, None)
        return RunResult(
            exit_code=exit_.exit_code,
            last_line=last.value(),
            lines=lines.value() or [],
            container_id=exit_.container_id,
        )

    def _begin(self) -> dict[str, Any]:
        """Return what the requests of a run and of a build have in common."""
        key = f"hook.{uuid.uuid4().hex}"
        return {"engine": self._entered(), "key": key, "registry_auth": self._logins}

    def _entered(self) -> dict[str, Any]:
        if self._engine is None:
            raise InvalidRequestError("Use the hook in a with block: with DockerHook() as docker: ...")
        return self._engine

    @contextmanager
    def _under_way(self, run: R) -> Iterator[R]:
        self._current = run
        try:
            with run:
                yield run
        finally:
            self._current = None

    def _ask(self, operation: str, fields: Mapping[str, Any], log: PullLog | None = None) -> Event:
        def progress(event: Event) -> None:
            kind = event.WhichOneof("event") or ""
            if log is not None and kind in ("pull_progress", "push_progress"):
                log.write(getattr(event, kind))

        request = {"engine": self._entered(), **fields}
        try:
            return ask(operation, request, log=self.log, environ=os.environ, progress=progress)
        finally:
            if log is not None:
                log.close()


def _origin() -> dict[str, str]:
    """Return which task this is, for the container's labels; nothing outside of a task."""
    try:
        from airflow.sdk import get_current_context
    except ImportError:  # Airflow 2
        from airflow.operators.python import get_current_context

    try:
        return run_origin(get_current_context()["ti"])
    except Exception:  # each Airflow has another one for: there is no task
        return {}
