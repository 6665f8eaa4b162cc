"""Run a container as a task."""

from __future__ import annotations

import os
import pickle
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar, Literal

from airdock.exceptions import StoppedError
from airdock.follow import check_exit, follow
from airdock.operators.docker_build import DockerBuildOperator as DockerBuildOperator
from airdock.operators.options import ContainerOptions
from airdock.operators.run_request import REMOVE, Secrets, run_request
from airdock.output import RESULT_LINE_LIMIT, STDERR, STDOUT, AllLines, Keeper, LastLine, OutputLog
from airdock.results import PICKLE_LIMIT, RETURN_LIMIT, RETURN_PATH, ResultFiles
from airdock.run import Run


class DockerOperator(ContainerOptions):
    """
    Run a command in a container on a Docker Engine, near or far.

    The parameters below are those of the DockerOperator of apache-airflow-providers-docker 4.6.1, by
    name, default and type; objects of docker.types are taken, and docker is not needed for it. Those of
    ContainerOptions come on top. docs/differences.md says what is deliberately otherwise.

    The container's lines appear in the task's log as they are printed, those of stderr with the mark
    ``[stderr]``. The result is ``/airflow/xcom/return.json`` if the container leaves one, or else the
    last line of stdout. A task that is killed, or times out, stops its container.

    :param image: image of the container. Without a tag: ``latest``. (templated)
    :param api_version: version of the Engine API; None or ``auto``: what both sides know.
    :param command: what the container runs: a list of words, or a string, which is split as a shell
        does it, or read as a Python list when it begins with ``[``. (templated)
    :param container_name: name of the container; default: made from the task instance. (templated)
    :param cpus: relative weight on a busy engine, 1.0 for 1024 CPU shares. For a limit: ``nano_cpus``.
    :param docker_url: address of the engine, or a list of addresses, of which the first that answers is
        used. Default: the worker's ``DOCKER_HOST`` with ``DOCKER_TLS_VERIFY`` and ``DOCKER_CERT_PATH``
        as for the docker CLI, or else the local socket. (templated; empty counts as unset)
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
    :param tls_ca_cert: path of the certificate of the CA that signed the engine's. (templated, likewise)
    :param tls_client_cert: path of our certificate. (templated, likewise)
    :param tls_client_key: path of its key. (templated, likewise)
    :param tls_verify: False: accept any certificate of the engine.
    :param tls_hostname: the name to look for in the engine's certificate, if it is not the address's.
        False: any name, as long as the CA signed it.
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
    :param timeout: bound on one call of the engine's API, in seconds. It does not bound the run.
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
        "image",
        "command",
        "environment",
        "env_file",
        "container_name",
        "mounts",
        "docker_conn_id",
        "docker_url",
        "tls_ca_cert",
        "tls_client_cert",
        "tls_client_key",
        "network_mode",
        "user",
        "working_dir",
        "hostname",
        "labels",
        "platform",
        "networks",
        "extra_config",
        "extra_host_config",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"env_file": "yaml"}
    template_ext: Sequence[str] = (".sh", ".bash", ".env")
    #: What reads ``retrieve_output_path``; a subclass may name cloudpickle or dill.
    pickling_library: Any = pickle

    def __init__(
        self,
        *,
        image: str,
        api_version: str | None = None,
        command: str | list[str] | None = None,
        container_name: str | None = None,
        cpus: float = 1.0,
        docker_url: str | list[str] | None = None,
        environment: dict[str, Any] | None = None,
        private_environment: dict[str, Any] | None = None,
        env_file: str | None = None,
        force_pull: bool = False,
        mem_limit: float | str | None = None,
        host_tmp_dir: str | None = None,
        network_mode: str | None = None,
        tls_ca_cert: str | None = None,
        tls_client_cert: str | None = None,
        tls_client_key: str | None = None,
        tls_verify: bool = True,
        tls_hostname: str | bool | None = None,
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
        timeout: int = 60,
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
        if auto_remove not in REMOVE:
            raise ValueError(f"auto_remove is {auto_remove!r}; expected never, success or force.")
        if port_bindings and network_mode == "host":
            raise ValueError('port_bindings cannot be used with network_mode="host".')
        if retrieve_output and not retrieve_output_path:
            raise ValueError("retrieve_output needs retrieve_output_path.")
        self.image = image
        self.api_version = api_version
        self.command = command
        self.container_name = container_name
        self.cpus = cpus
        self.docker_url = docker_url
        self.environment = environment or {}
        self._private_environment = private_environment or {}
        self.env_file = env_file
        self.force_pull = force_pull
        self.mem_limit = mem_limit
        self.host_tmp_dir = host_tmp_dir
        self.network_mode = network_mode
        self.tls_ca_cert = tls_ca_cert
        self.tls_client_cert = tls_client_cert
        self.tls_client_key = tls_client_key
        self.tls_verify = tls_verify
        self.tls_hostname = tls_hostname
        self.tls_ssl_version = tls_ssl_version
        self.mount_tmp_dir = mount_tmp_dir
        self.tmp_dir = tmp_dir
        self.user = user
        self.mounts = mounts or []
        self.entrypoint = entrypoint
        self.working_dir = working_dir
        self.xcom_all = xcom_all
        self.docker_conn_id = docker_conn_id
        self.dns = dns
        self.dns_search = dns_search
        self.auto_remove = auto_remove
        self.shm_size = shm_size
        self.tty = tty
        self.hostname = hostname
        self.privileged = privileged
        self.cap_add = cap_add
        self.extra_hosts = extra_hosts
        self.retrieve_output = retrieve_output
        self.retrieve_output_path = retrieve_output_path
        self.timeout = timeout
        self.device_requests = device_requests
        self.log_opts_max_size = log_opts_max_size
        self.log_opts_max_file = log_opts_max_file
        self.ipc_mode = ipc_mode
        self.skip_on_exit_code = skip_on_exit_code
        self.port_bindings = port_bindings or {}
        self.ulimits = ulimits or []
        self.labels = labels
        self._run: Run | None = None
        self._killed = False

    def execute(self, context: Any) -> Any:
        """
        Run the container and return the task's result.

        :raises ContainerFailedError: the container's exit code is not 0.
        :raises ContainerSkippedError: its exit code is one of ``skip_on_exit_code``.
        :raises AirdockError: it could not be run; one subclass for each reason.
        """
        secrets = Secrets(
            self._render_secrets(self._private_environment, context),
            self._render_secrets(self._secret_files, context),
        )
        results, keeper = self._result_files(), self._line_keeper()
        with ExitStack() as stack:
            request = run_request(self, context["ti"], secrets, stack)
            request["results"] = results.request()
            run = self._run = Run(
                request,
                remove=self.on_kill_action == "delete_container" or self.auto_remove != "never",
                keep=self.on_kill_action == "keep_container",
                log=self.log,
                environ=os.environ,
            )
            if self._killed:
                raise StoppedError("The task was killed before its container started.")
            stack.enter_context(run)
            exit_ = follow(run, self.log, OutputLog(self.log, self._keepers(keeper)), results)
        check_exit(exit_, self.log, self.skip_on_exit_code)
        return self._result(results, keeper)

    def on_kill(self) -> None:
        """Stop the container. Airflow may call this before, in the middle of and after execute."""
        if self._run is None:
            self._killed = True
        else:
            self._run.stop()

    def _render_secrets(self, values: Mapping[str, Any], context: Any) -> dict[str, Any]:
        # The newline that Jinja takes away is not the value's own, and keeps Airflow from taking a value
        # that ends like a script's name for a file's.
        return {
            name: self.render_template(f"{value}\n" if isinstance(value, str) else value, context)
            for name, value in values.items()
        }

    def _result_files(self) -> ResultFiles:
        if self.retrieve_output and self.retrieve_output_path:
            return ResultFiles({self.retrieve_output_path: PICKLE_LIMIT})
        return ResultFiles({RETURN_PATH: RETURN_LIMIT} if self.do_xcom_push else {})

    def _line_keeper(self) -> LastLine | AllLines | None:
        if not self.do_xcom_push or self.retrieve_output:
            return None
        return AllLines() if self.xcom_all else LastLine()

    def _keepers(self, keeper: LastLine | AllLines | None) -> dict[str, list[Keeper]]:
        if keeper is None:
            return {}
        return {STDOUT: [keeper], STDERR: [keeper] if self.xcom_merge_stderr else []}

    def _result(self, results: ResultFiles, keeper: LastLine | AllLines | None) -> Any:
        if self.retrieve_output and self.retrieve_output_path:
            return results.pickle(self.retrieve_output_path, self.pickling_library)
        if results.has(RETURN_PATH):
            return results.json(RETURN_PATH)
        if keeper is None:
            return None
        if keeper.lost:
            self.log.warning("The last line is longer than %d characters: no result.", RESULT_LINE_LIMIT)
        return keeper.value()
