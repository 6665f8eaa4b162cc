"""The fields of a container by the protocol's names, in the spellings that are handy in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from airdock import limits
from airdock.request import environment_list, mount_objects, words

_SPELLINGS: dict[str, Callable[[Any], Any]] = {
    "command": partial(words, "command"),
    "entrypoint": partial(words, "entrypoint"),
    "environment": environment_list,
    "private_environment": environment_list,
    "mounts": mount_objects,
    **dict.fromkeys(("labels", "sysctls", "annotations"), limits.label_map),
    **dict.fromkeys(("cap_add", "cap_drop", "security_opt", "group_add", "dns", "dns_search"), limits.names),
    "user": str,
    "healthcheck": limits.health_object,
    "memory": limits.size_text,
    "memory_reservation": limits.size_text,
    "memory_swap": limits.size_text,
    "shm_size": limits.size_text,
    "ulimits": partial(limits.engine_objects, "ulimits"),
    "device_requests": partial(limits.engine_objects, "device_requests"),
    "devices": limits.device_paths,
    "tmpfs": limits.tmpfs_map,
    "extra_hosts": limits.host_lines,
    "ports": limits.published_ports,
    "networks": limits.network_objects,
}


def container_fields(container: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a request's ``container``.

    :param container: fields of the protocol's Container by name; None leaves one out. Where a parameter
        of DockerOperator means the same, its values are taken, too: a dict of environment variables, a
        command in one string, a size as a number. What the fields are is for the plugin to say.
    :raises InvalidRequestError: a value is none that its field can have.
    """
    return {
        name: _SPELLINGS[name](value) if name in _SPELLINGS else value
        for name, value in container.items()
        if value is not None
    }
