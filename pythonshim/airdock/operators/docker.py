"""Run a container as a task."""

from __future__ import annotations

import os
import pickle
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Literal

from airdock.connection import registry_logins
from airdock.exit import check_exit
from airdock.files import Templates, file_objects, output_objects
from airdock.masking import mask
from airdock.operators.docker_build import DockerBuildOperator as DockerBuildOperator
from airdock.operators.docker_volume import DockerVolumeOperator as DockerVolumeOperator
from airdock.operators.engine_parameters import EngineParameters, assign, one_of
from airdock.operators.options import ContainerOptions
from airdock.output import OUTPUT_LIMIT, OutputLog, Tail
from airdock.request import binary, request_parameters, run_origin
from airdock.results import PICKLE_LIMIT, RETURN_LIMIT, RETURN_PATH, ResultFiles

# The parameters that are not the container's, but the task's.
_OURS = {
    *(
        "docker_conn_id",
        "flood_lines",
        "input_files",
        "output_files",
        "retrieve_output",
        "retrieve_output_path",
    ),
    *("skip_on_exit_code", "tls_ssl_version", "xcom_all", "xcom_merge_stderr"),
}


class DockerOperator(ContainerOptions):
    """
    Run a command in a container on a Docker Engine, near or far.

    The parameters below and those of EngineParameters are those of the DockerOperator of
    apache-airflow-providers-docker 4.6.1, by name, default and type; objects of docker.types are taken,
    and docker is not needed for it. ``airdock_conn_id`` and those of ContainerOptions come on top.
    docs/differences.md says what is deliberately otherwise.

    The container's lines appear in the task's log as they are printed, those of stderr with the mark
    ``[stderr]``. The result is ``/airflow/xcom/return.json`` if the container leaves one, or else the
    last line of stdout. A task that is killed, or times out, stops its container.

    :param image: image of the container. Without a tag: ``latest``. (templated)
    :param command: what the container runs: a list of words, or a string, which is split as a shell
        does it, or read as a Python list when it begins with ``[``. (templated)
    :param container_name: name of the container; default: made from the task instance. (templated)
    :param cpus: relative weight on a busy engine, 1.0 for 1024 CPU shares. For a limit: ``nano_cpus``.
    :param environment: environment variables of the container; None as a value unsets what the image
        sets. (templated)
    :param private_environment: the same, for values that no log shows. (templated, not shown in the UI)
    :param env_file: text of a ``.env`` file, or the name of one ending in ``.env``. (templated)
    :param force_pull: pull the image even if the engine has it.
    :param mem_limit: memory limit, in bytes or as text such as ``1g``.
    :param host_tmp_dir: folder that worker and engine share under the same path; the temporary folder
        is then made in it and bound. Default: a temporary volume of the engine.
    :param network_mode: ``bridge``, ``none``, ``host``, ``container:NAME`` or the name of a network.
        (templated)
    :param tls_ssl_version: without effect, as with docker-py 7; TLS 1.2 or newer is negotiated.
    :param mount_tmp_dir: give the container a temporary folder, and its path in ``AIRFLOW_TMP_DIR``.
    :param tmp_dir: path of that folder in the container.
    :param user: user name or number, with or without a group. (templated)
    :param mounts: each a ``docker.types.Mount`` or a dict of its keyword arguments. Sources are the
        engine's, not the worker's. (templated)
    :param entrypoint: what replaces the image's entrypoint, in the two forms of ``command``; an empty
        one takes it away.
    :param working_dir: working directory of the command. (templated)
    :param xcom_all: the result is the list of all lines; they are held in memory.
    :param docker_conn_id: connection of Airflow's type ``docker`` with a registry's login, or several.
        (templated)
    :param dns: DNS servers.
    :param dns_search: DNS search domains.
    :param auto_remove: ``never``, ``success`` (only after exit code 0) or ``force``.
    :param shm_size: size of ``/dev/shm``, in bytes or as text.
    :param tty: give the container a terminal; stdout and stderr are then one stream.
    :param hostname: host name of the container. (templated)
    :param privileged: give the container all privileges.
    :param cap_add: Linux capabilities to add.
    :param extra_hosts: host name to IP address.
    :param retrieve_output: the result is what ``retrieve_output_path`` holds as a pickle. A pickle runs
        code of the container's author in the worker.
    :param retrieve_output_path: path of that file in the container.
    :param device_requests: GPUs and the like, as ``docker.types.DeviceRequest`` or dicts.
    :param log_opts_max_size: size at which the engine rotates the log, for example ``10m``.
    :param log_opts_max_file: how many log files the engine keeps.
    :param ipc_mode: IPC namespace.
    :param skip_on_exit_code: exit code, or any container of codes such as a list or a range, with which
        the task is skipped.
    :param port_bindings: container port to host port. Not with ``network_mode="host"``.
    :param ulimits: resource limits, as ``docker.types.Ulimit`` or dicts.
    :param labels: labels as a dict, or a list of names. (templated)
    :raises ValueError: a parameter has a value that it cannot have.
    """

    template_fields: Sequence[str] = (
        *EngineParameters.template_fields,
        *("image", "command", "environment", "env_file", "container_name", "mounts", "docker_conn_id"),
        *("network_mode", "user", "working_dir", "hostname", "labels", "platform", "networks", "input_files"),
        *("output_files", "extra_config", "extra_host_config"),
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"env_file": "yaml"}
    template_ext: Sequence[str] = (".sh", ".bash", ".env")
    #: What reads ``retrieve_output_path``; a subclass may name cloudpickle or dill.
    pickling_library: Any = pickle

    def __init__(
        self,
        *,
        image: str,
        command: str | list[str] | None = None,
        container_name: str | None = None,
        cpus: float = 1.0,
        environment: dict[str, Any] | None = None,
        private_environment: dict[str, Any] | None = None,
        env_file: str | None = None,
        force_pull: bool = False,
        mem_limit: float | str | None = None,
        host_tmp_dir: str | None = None,
        network_mode: str | None = None,
        tls_ssl_version: str | None = None,
        mount_tmp_dir: bool = True,
        tmp_dir: str = "/tmp/airflow",
        user: str | int | None = None,
        mounts: list[Mapping[str, Any]] | None = None,
        entrypoint: str | list[str] | None = None,
        working_dir: str | None = None,
        xcom_all: bool = False,
        docker_conn_id: str | list[str] | None = None,
        dns: list[str] | None = None,
        dns_search: list[str] | None = None,
        auto_remove: Literal["never", "success", "force"] = "never",
        shm_size: int | str | None = None,
        tty: bool = False,
        hostname: str | None = None,
        privileged: bool = False,
        cap_add: Iterable[str] | None = None,
        extra_hosts: dict[str, str] | None = None,
        retrieve_output: bool = False,
        retrieve_output_path: str | None = None,
        device_requests: list[Any] | None = None,
        log_opts_max_size: str | None = None,
        log_opts_max_file: str | None = None,
        ipc_mode: str | None = None,
        skip_on_exit_code: int | Container[int] | None = None,
        port_bindings: dict[Any, Any] | None = None,
        ulimits: list[Any] | None = None,
        labels: dict[str, str] | list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        one_of("auto_remove", auto_remove, ("never", "success", "force"))
        if port_bindings and network_mode == "host":
            raise ValueError('port_bindings cannot be used with network_mode="host".')
        if retrieve_output and not retrieve_output_path:
            raise ValueError("retrieve_output needs retrieve_output_path.")
        environment, private_environment = environment or {}, Templates(private_environment or {})
        mounts, port_bindings, ulimits = mounts or [], port_bindings or {}, ulimits or []
        self._parameters |= assign(self, locals(), private=["private_environment"])

    def execute(self, context: Any) -> Any:
        """
        Run the container and return the task's result.

        :raises ContainerFailedError: the container's exit code is not 0.
        :raises ContainerSkippedError: its exit code is one of ``skip_on_exit_code``.
        :raises AirdockError: it could not be run; one subclass for each reason.
        """
        private_environment = self.render_template(self._private_environment, context)
        secret_files = self.render_template(self._secret_files, context)
        mask(value for value in (*private_environment.values(), *secret_files.values()) if value is not None)
        results, keep = self._result_files(), self._tail()
        output = OutputLog(self.log, keep, merge=self.xcom_merge_stderr, flood_lines=self.flood_lines)
        with ExitStack() as stack:
            request = {
                "origin": run_origin(context["ti"]),
                "parameters": self._request_parameters(private_environment, stack),
                "registry_auth": registry_logins(self.docker_conn_id),
                "files": self._files(secret_files, stack),
                "outputs": list(output_objects(self.output_files)),
                "results": results.request(),
            }
            ended = self.call(
                *(context, "Run", request, output, results),
                remove=self.on_kill_action == "delete_container" or self.auto_remove != "never",
                keep=self.on_kill_action == "keep_container",
            )
        check_exit(ended.exit, self.log, self.skip_on_exit_code)
        return self._result(results, keep)

    def _files(self, secret_files: Mapping[str, str | bytes], stack: ExitStack) -> list[dict[str, Any]]:
        secrets = [
            {"path": path, "content": binary(f"The secret file {path}", content), "mode": 0o400}
            for path, content in secret_files.items()
        ]
        return [*secrets, *file_objects(self.input_files, stack)]

    def _request_parameters(self, private_environment: Mapping[str, Any], stack: ExitStack) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in self._parameters - _OURS}
        if self.mount_tmp_dir and self.host_tmp_dir:
            folder = TemporaryDirectory(prefix="airflowtmp", dir=self.host_tmp_dir)
            given["host_tmp_dir"] = stack.enter_context(folder)
        return request_parameters({**given, "private_environment": private_environment}, os.environ)

    def _result_files(self) -> ResultFiles:
        if self.retrieve_output and self.retrieve_output_path:
            return ResultFiles({self.retrieve_output_path: PICKLE_LIMIT})
        return ResultFiles({RETURN_PATH: RETURN_LIMIT} if self.do_xcom_push else {})

    def _tail(self) -> Tail | None:
        if not self.do_xcom_push or self.retrieve_output:
            return None
        return Tail(None if self.xcom_all else OUTPUT_LIMIT)

    def _result(self, results: ResultFiles, keep: Tail | None) -> Any:
        if self.retrieve_output and self.retrieve_output_path:
            return results.pickle(self.retrieve_output_path, self.pickling_library)
        if results.has(RETURN_PATH):
            return results.json(RETURN_PATH)
        lines = keep.lines() if keep is not None else []
        if keep is not None and not keep.whole():
            self.log.warning("The last line is longer than %d characters: no result.", OUTPUT_LIMIT)
            return None
        return (lines if self.xcom_all else lines[-1]) if lines else None
