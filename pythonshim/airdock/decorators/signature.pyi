"""
What editors and type checkers see of ``airdock_task``: the parameters by name.

test_decorator.py compares them with those of the operator.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import timedelta
from os import PathLike
from typing import Any, Literal, ParamSpec, TypeVar, overload

from airflow.sdk.bases.decorator import Task

from airdock.decorators.docker import Serializer
from airdock.files import InputFile, OutputFile

P = ParamSpec("P")
R = TypeVar("R")

@overload
def airdock_task(python_callable: Callable[P, R]) -> Task[P, R]: ...
@overload
def airdock_task(
    *,
    multiple_outputs: bool | None = ...,
    python_command: str = ...,
    expect_airflow: bool = ...,
    serializer: Serializer | None = ...,
    image: str = ...,
    container_name: str | None = ...,
    cpus: float = ...,
    environment: dict[str, Any] | None = ...,
    private_environment: dict[str, Any] | None = ...,
    env_file: str | None = ...,
    force_pull: bool = ...,
    mem_limit: float | str | None = ...,
    host_tmp_dir: str | None = ...,
    network_mode: str | None = ...,
    tls_ssl_version: str | None = ...,
    mount_tmp_dir: bool = ...,
    tmp_dir: str = ...,
    user: str | int | None = ...,
    mounts: list[Mapping[str, Any]] | None = ...,
    entrypoint: str | list[str] | None = ...,
    working_dir: str | None = ...,
    xcom_all: bool = ...,
    docker_conn_id: str | list[str] | None = ...,
    dns: list[str] | None = ...,
    dns_search: list[str] | None = ...,
    auto_remove: Literal["never", "success", "force"] = ...,
    shm_size: int | str | None = ...,
    tty: bool = ...,
    hostname: str | None = ...,
    privileged: bool = ...,
    cap_add: Iterable[str] | None = ...,
    extra_hosts: dict[str, str] | None = ...,
    device_requests: list[Any] | None = ...,
    log_opts_max_size: str | None = ...,
    log_opts_max_file: str | None = ...,
    ipc_mode: str | None = ...,
    skip_on_exit_code: int | Container[int] | None = ...,
    port_bindings: dict[Any, Any] | None = ...,
    ulimits: list[Any] | None = ...,
    labels: dict[str, str] | list[str] | None = ...,
    image_pull_policy: Literal["missing", "always", "never"] | None = ...,
    pull_inactivity_timeout: float | timedelta | None = ...,
    run_timeout: float | timedelta | None = ...,
    stop_timeout: float | timedelta | None = ...,
    on_kill_action: Literal["stop_container", "delete_container", "keep_container"] = ...,
    xcom_merge_stderr: bool = ...,
    secret_files: Mapping[str, str | bytes] | None = ...,
    input_files: Mapping[str, str | bytes | PathLike[str] | InputFile | dict[str, Any]] | None = ...,
    output_files: Mapping[str, str | OutputFile | dict[str, Any]] | None = ...,
    volume_scope: Literal["dag_run"] | None = ...,
    cap_drop: Iterable[str] | None = ...,
    security_opt: Iterable[str] | None = ...,
    group_add: Iterable[str | int] | None = ...,
    read_only: bool = ...,
    init: bool | None = ...,
    runtime: str | None = ...,
    userns_mode: str | None = ...,
    sysctls: Mapping[str, str] | None = ...,
    platform: str | None = ...,
    stop_signal: str | None = ...,
    healthcheck: Mapping[str, Any] | None = ...,
    mem_reservation: float | str | None = ...,
    memswap_limit: float | str | None = ...,
    nano_cpus: int | None = ...,
    cpuset_cpus: str | None = ...,
    cpuset_mems: str | None = ...,
    pids_limit: int | None = ...,
    devices: Iterable[str | Mapping[str, str]] | None = ...,
    tmpfs: Mapping[str, str] | Iterable[str] | None = ...,
    networks: Any = ...,
    annotations: Mapping[str, str] | None = ...,
    extra_config: Mapping[str, Any] | None = ...,
    extra_host_config: Mapping[str, Any] | None = ...,
    airdock_conn_id: str | None = ...,
    docker_url: str | list[str] | None = ...,
    tls_ca_cert: str | None = ...,
    tls_client_cert: str | None = ...,
    tls_client_key: str | None = ...,
    tls_verify: bool = ...,
    tls_hostname: str | bool | None = ...,
    timeout: int | float = ...,
    api_version: str | None = ...,
    **kwargs: Any,
) -> Callable[[Callable[P, R]], Task[P, R]]:
    """
    Make a task of a Python function: ``@task.airdock(image="python:3.11-slim")``.

    :param multiple_outputs: return a dict as an XCom for each key. Default: if the function is annotated
        to return one.
    :param kwargs: Airflow's own, such as ``task_id`` and ``retries``. The others are described at
        AirdockDecoratedOperator, DockerOperator, ContainerOptions and EngineParameters.
    """
