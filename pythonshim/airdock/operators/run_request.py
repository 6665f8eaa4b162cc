"""What a DockerOperator asks the plugin for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from airdock.container import container_fields
from airdock.env_file import read_env_file
from airdock.files import file_objects, output_objects
from airdock.logins import registry_logins
from airdock.masking import mask
from airdock.request import run_key, run_origin, secret_file_objects, words

if TYPE_CHECKING:
    from airdock.operators.docker import DockerOperator
    from airdock.request import TaskInstance

REMOVE = {"never": "REMOVE_NEVER", "success": "REMOVE_SUCCESS", "force": "REMOVE_FORCE"}
# The parameters that are fields of the request's container, by the same name.
_FIELDS = (
    *("image", "command", "entrypoint", "user", "working_dir", "hostname", "network_mode", "tty", "labels"),
    *("privileged", "cap_add", "ipc_mode", "shm_size", "ulimits", "device_requests", "dns", "dns_search"),
    "extra_hosts",
)


def run_request(op: DockerOperator, ti: TaskInstance, secrets: Secrets, stack: ExitStack) -> dict[str, Any]:
    """
    Return the RunRequest in the protocol's JSON form, but for its ``results``.

    :param op: the operator, rendered.
    :param ti: the task instance.
    :param secrets: its secret values, rendered.
    :param stack: what lasts as long as the run.
    """
    return {
        "engine": op.engine(),
        "key": run_key(ti),
        "origin": run_origin(ti),
        "container": _container(op, secrets, stack),
        "remove": REMOVE[op.auto_remove],
        "registry_auth": registry_logins(op.docker_conn_id),
        "files": [*secret_file_objects(secrets.files), *file_objects(op.input_files, stack)],
        "outputs": list(output_objects(op.output_files)),
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
    options = op.option_fields()
    if op.entrypoint is not None and not words("entrypoint", op.entrypoint):
        # It takes the image's entrypoint away, which the field in the protocol cannot say.
        options["extra_config"] = {"Entrypoint": [], **(op.extra_config or {})}
    return container_fields(
        {
            **{name: getattr(op, name) for name in _FIELDS},
            "name": op.container_name,
            "environment": {
                name: value for name, value in environment.items() if name not in secrets.environment
            },
            "private_environment": secrets.environment,
            "mounts": mounts,
            "memory": op.mem_limit,
            "cpu_shares": round(op.cpus * 1024),
            "ports": op.port_bindings,
            # The official operator asks for this driver, too. The engine can always read it back.
            "log_driver": "json-file",
            "log_options": {
                name: str(value)
                for name, value in (("max-size", op.log_opts_max_size), ("max-file", op.log_opts_max_file))
                if value is not None
            },
            **options,
        }
    )


def _with_temporary_folder(op: DockerOperator, stack: ExitStack) -> tuple[dict[str, Any], list[Any]]:
    """
    Return environment and mounts with those of the temporary folder.

    The official operator binds a folder of the worker, which an engine elsewhere does not have. A volume
    without a name is the engine's own and goes with its container.
    """
    own = {name: value for name, value in op.environment.items() if name != "AIRFLOW_TMP_DIR"}
    environment = {**read_env_file(op.env_file or "", os.environ), **own}
    if not op.mount_tmp_dir:
        return environment, op.mounts
    environment["AIRFLOW_TMP_DIR"] = op.tmp_dir
    mount = {"Type": "volume", "Target": op.tmp_dir}
    if op.host_tmp_dir:
        folder = stack.enter_context(TemporaryDirectory(prefix="airflowtmp", dir=op.host_tmp_dir))
        mount = {"Type": "bind", "Source": folder, "Target": op.tmp_dir}
    return environment, [*op.mounts, mount]
