"""What a DockerOperator asks the plugin for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from airdock.engine import EngineSpec
from airdock.env_file import read_env_file
from airdock.limits import engine_objects, host_lines, label_map, names, published_ports, size_text
from airdock.logins import registry_logins
from airdock.masking import mask
from airdock.request import environment_list, mount_objects, run_key, run_origin, secret_file_objects, words

if TYPE_CHECKING:
    from airdock.operators.docker import DockerOperator
    from airdock.request import TaskInstance

REMOVE = {"never": "REMOVE_NEVER", "success": "REMOVE_SUCCESS", "force": "REMOVE_FORCE"}


def run_request(op: DockerOperator, ti: TaskInstance, secrets: Secrets, stack: ExitStack) -> dict[str, Any]:
    """
    Return the RunRequest in the protocol's JSON form, but for its ``results``.

    :param op: the operator, rendered.
    :param ti: the task instance.
    :param secrets: its secret values, rendered.
    :param stack: what lasts as long as the run.
    """
    logins = registry_logins(op.docker_conn_id)
    mask(login["password"] for login in logins)
    return {
        "engine": EngineSpec.of(op).request(os.environ),
        "key": run_key(ti),
        "origin": run_origin(ti),
        "container": _container(op, secrets, stack),
        "remove": REMOVE[op.auto_remove],
        "registry_auth": logins,
        "files": secret_file_objects(secrets.files),
        **op.run_fields(op.force_pull),
    }


class Secrets:
    """
    The values of a task that nobody shall read in a log; making one masks them.

    :param environment: private environment variables.
    :param files: path in the container to content.
    """

    def __init__(self, environment: Mapping[str, Any], files: Mapping[str, str | bytes]) -> None:
        self.environment = environment
        self.files = files
        mask(value for value in (*environment.values(), *files.values()) if value is not None)


def _container(op: DockerOperator, secrets: Secrets, stack: ExitStack) -> dict[str, Any]:
    environment, mounts = _with_temporary_folder(op, stack)
    public = {name: value for name, value in environment.items() if name not in secrets.environment}
    entrypoint, options = words("entrypoint", op.entrypoint), op.option_fields()
    if op.entrypoint is not None and not entrypoint:
        # It takes the image's entrypoint away, which the field in the protocol cannot say.
        options["extra_config"] = {"Entrypoint": [], **options.get("extra_config", {})}
    return {
        "image": op.image,
        "name": op.container_name or "",
        "command": words("command", op.command),
        "entrypoint": entrypoint,
        "environment": environment_list(public),
        "private_environment": environment_list(secrets.environment),
        "user": "" if op.user is None else str(op.user),
        "working_dir": op.working_dir or "",
        "hostname": op.hostname or "",
        "network_mode": op.network_mode or "",
        "tty": op.tty,
        "mounts": mounts,
        "labels": label_map(op.labels),
        "privileged": op.privileged,
        "cap_add": names(op.cap_add),
        "ipc_mode": op.ipc_mode or "",
        "memory": size_text(op.mem_limit),
        "shm_size": size_text(op.shm_size),
        "cpu_shares": round(op.cpus * 1024),
        "ulimits": engine_objects("ulimits", op.ulimits),
        "device_requests": engine_objects("device_requests", op.device_requests),
        "dns": names(op.dns),
        "dns_search": names(op.dns_search),
        "extra_hosts": host_lines(op.extra_hosts),
        "ports": published_ports(op.port_bindings),
        # The official operator asks for this driver, too. The engine can always read it back.
        "log_driver": "json-file",
        "log_options": {
            name: str(value)
            for name, value in (("max-size", op.log_opts_max_size), ("max-file", op.log_opts_max_file))
            if value is not None
        },
        **options,
    }


def _with_temporary_folder(
    op: DockerOperator, stack: ExitStack
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """
    Return environment and mounts with those of the temporary folder.

    The official operator binds a folder of the worker, which an engine elsewhere does not have. A volume
    without a name is the engine's own and goes with its container.
    """
    own = {name: value for name, value in op.environment.items() if name != "AIRFLOW_TMP_DIR"}
    environment = {**read_env_file(op.env_file or "", os.environ), **own}
    mounts = mount_objects(op.mounts)
    if not op.mount_tmp_dir:
        return environment, mounts
    environment["AIRFLOW_TMP_DIR"] = op.tmp_dir
    mount = {"Type": "volume", "Target": op.tmp_dir}
    if op.host_tmp_dir:
        folder = stack.enter_context(TemporaryDirectory(prefix="airflowtmp", dir=op.host_tmp_dir))
        mount = {"Type": "bind", "Source": folder, "Target": op.tmp_dir}
    return environment, [*mounts, mount]
