"""From the operator's parameters that limit, isolate and connect a container to a request's fields.

Pure conversions between spellings: those of the official operator and of docker-py on one side, the
docker CLI's and the Engine API's on the other. What a value means is the plugin's to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from airdock.exceptions import InvalidRequestError

# Keyword arguments of docker-py's types, where the Engine API does not spell them in the same way but
# for the case of letters.
_ENGINE_KEYS = {"device_ids": "DeviceIDs", "start_period": "StartPeriod", "start_interval": "StartInterval"}


def size_text(size: float | str | None) -> str:
    """Return a size in bytes as the docker CLI spells it; empty for None."""
    if size is None:
        return ""
    return size if isinstance(size, str) else str(int(size))


def seconds_text(duration: float | timedelta) -> str:
    """Return a duration as the protocol spells it; a number is seconds."""
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else float(duration)
    return f"{seconds:.3f}s"


def health_object(healthcheck: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Engine API's HealthConfig; a test that is text is a shell command, as with docker-py."""
    health = engine_object("healthcheck", healthcheck)
    if isinstance(health.get("Test"), str):
        health["Test"] = ["CMD-SHELL", health["Test"]]
    return health


def engine_object(parameter: str, value: Any) -> dict[str, Any]:
    """
    Return an object of the Engine API.

    :param parameter: the operator's parameter, for the error.
    :param value: an object of docker.types, which is a dict of the Engine's own keys already; such a
        dict; or a dict of that type's keyword arguments.
    :raises InvalidRequestError: it is no mapping.
    """
    if not isinstance(value, Mapping):
        raise InvalidRequestError(
            f"{parameter}: expected a dict or an object of docker.types, got {value!r}."
        )
    return {
        _ENGINE_KEYS.get(name, name[:1].upper() + name[1:]): item
        for name, item in value.items()
        if item is not None
    }


def engine_objects(parameter: str, values: Iterable[Any] | None) -> list[dict[str, Any]]:
    """Return objects of the Engine API. See engine_object."""
    return [engine_object(parameter, value) for value in values or []]


def names(values: str | Iterable[Any] | None) -> list[str]:
    """Return a list of names; a text is one name, as it is to the Engine API."""
    return [values] if isinstance(values, str) else [str(value) for value in values or []]


def label_map(labels: Mapping[str, str] | Iterable[str] | None) -> dict[str, str]:
    """Return labels as a dict; a list of names gives them empty values."""
    if isinstance(labels, Mapping):
        return {name: str(value) for name, value in labels.items()}
    return dict.fromkeys(labels or [], "")


def host_lines(extra_hosts: Mapping[str, str] | Iterable[str] | None) -> list[str]:
    """Return ``NAME:IP`` for each additional host."""
    if isinstance(extra_hosts, Mapping):
        return [f"{name}:{address}" for name, address in sorted(extra_hosts.items())]
    return list(extra_hosts or [])


def published_ports(port_bindings: Mapping[Any, Any] | None) -> list[str]:
    """
    Return port bindings as the docker CLI spells them.

    :param port_bindings: container port, as ``80`` or ``"53/udp"``, to a host port, an ``(address,
        port)``, ``(address,)`` or ``(port,)``, a dict with ``HostPort`` and perhaps ``HostIp``, a list of
        those, or None for a free port.
    """
    ports = []
    for container_port, bindings in (port_bindings or {}).items():
        for binding in bindings if isinstance(bindings, list) else [bindings]:
            address, port = _address_and_port(binding)
            host = f"{address}:{port}:" if address else f"{port}:" if port else ""
            ports.append(f"{host}{container_port}")
    return ports


def _address_and_port(binding: Any) -> tuple[str, str]:
    address: Any = None
    if isinstance(binding, Mapping):
        address, binding = binding.get("HostIp"), binding.get("HostPort")
    elif isinstance(binding, tuple) and len(binding) == 1 and isinstance(binding[0], int):
        (binding,) = binding
    elif isinstance(binding, tuple):
        address, binding = (*binding, None)[:2]
    return address or "", "" if binding is None else str(binding)


def device_paths(devices: Iterable[str | Mapping[str, str]] | None) -> list[str]:
    """
    Return devices as the docker CLI spells them.

    :param devices: each ``HOST_PATH[:CONTAINER_PATH[:rwm]]``, or a dict with the Engine's keys
        ``PathOnHost``, ``PathInContainer`` and ``CgroupPermissions``.
    """
    return [
        device
        if isinstance(device, str)
        else ":".join(
            [
                device["PathOnHost"],
                device.get("PathInContainer") or device["PathOnHost"],
                device.get("CgroupPermissions") or "rwm",
            ]
        )
        for device in devices or []
    ]


def tmpfs_map(tmpfs: Mapping[str, str] | Iterable[str] | None) -> dict[str, str]:
    """Return container paths and their mount options; a list has ``PATH[:OPTIONS]``, as docker-py's."""
    if isinstance(tmpfs, Mapping):
        return {path: options or "" for path, options in tmpfs.items()}
    return {path: options for path, _, options in (entry.partition(":") for entry in tmpfs or [])}


def network_objects(networks: Any) -> list[dict[str, Any]]:
    """
    Return the container's networks.

    :param networks: a list of names or of dicts with ``name`` and any of ``aliases``,
        ``ipv4_address``, ``ipv6_address``, ``mac_address``, ``driver_options``; or a dict of a name to
        such a dict or None.
    """
    if isinstance(networks, Mapping):
        networks = [{"name": name, **(options or {})} for name, options in networks.items()]
    return [{"name": item} if isinstance(item, str) else dict(item) for item in networks or []]
