"""The spellings that an operator takes, and those that a request has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from docker.types import DeviceRequest, Healthcheck, Ulimit

from airdock import limits
from airdock.exceptions import InvalidRequestError

TABLE: dict[str, tuple[Callable[[Any], Any], list[tuple[Any, Any]]]] = {
    "size_text": (
        limits.size_text,
        [
            (None, ""),
            ("", ""),
            (0, "0"),
            (67108864, "67108864"),
            (1.5e8, "150000000"),
            ("64m", "64m"),
            (-1, "-1"),
        ],
    ),
    "seconds_text": (
        limits.seconds_text,
        [(5, "5.000s"), (0.25, "0.250s"), (timedelta(minutes=2), "120.000s"), (0, "0.000s")],
    ),
    "names": (
        limits.names,
        [
            (None, []),
            ([], []),
            ("one", ["one"]),
            (("a", "b"), ["a", "b"]),
            ([1, "b"], ["1", "b"]),
            ({"a"}, ["a"]),
        ],
    ),
    "label_map": (
        limits.label_map,
        [(None, {}), ({"a": "b", "n": 1}, {"a": "b", "n": "1"}), (["a", "b"], {"a": "", "b": ""})],
    ),
    "host_lines": (
        limits.host_lines,
        [(None, []), ({"b": "2", "a": "::1"}, ["a:::1", "b:2"]), (["c:3"], ["c:3"])],
    ),
    "published_ports": (
        limits.published_ports,
        [
            (None, []),
            ({80: 8080, "53/udp": "5353"}, ["8080:80", "5353:53/udp"]),
            ({80: None, 81: ""}, ["80", "81"]),
            ({80: ("127.0.0.1", 8080)}, ["127.0.0.1:8080:80"]),
            ({80: ("127.0.0.1",)}, ["127.0.0.1::80"]),
            ({80: ("127.0.0.1", None)}, ["127.0.0.1::80"]),
            ({80: (8080,)}, ["8080:80"]),
            ({80: [1, ("::1", 2)]}, ["1:80", "::1:2:80"]),
            ({80: {"HostPort": 1}}, ["1:80"]),
            ({80: {"HostPort": "1", "HostIp": "127.0.0.1"}}, ["127.0.0.1:1:80"]),
            ({"8000-8010": "9000-9010"}, ["9000-9010:8000-8010"]),
        ],
    ),
    "device_paths": (
        limits.device_paths,
        [
            (None, []),
            (["/dev/null:/dev/x:r"], ["/dev/null:/dev/x:r"]),
            ([{"PathOnHost": "/dev/null"}], ["/dev/null:/dev/null:rwm"]),
            (
                [{"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}],
                ["/dev/a:/dev/b:r"],
            ),
        ],
    ),
    "tmpfs_map": (
        limits.tmpfs_map,
        [
            (None, {}),
            ({"/a": "size=1m", "/b": None}, {"/a": "size=1m", "/b": ""}),
            (["/a", "/b:size=1m,mode=700"], {"/a": "", "/b": "size=1m,mode=700"}),
        ],
    ),
    "network_objects": (
        limits.network_objects,
        [
            (None, []),
            (["a", {"name": "b", "aliases": ["x"]}], [{"name": "a"}, {"name": "b", "aliases": ["x"]}]),
            (
                {"a": None, "b": {"ipv4_address": "10.0.0.9"}},
                [{"name": "a"}, {"name": "b", "ipv4_address": "10.0.0.9"}],
            ),
        ],
    ),
    "health_object": (
        limits.health_object,
        [
            ({"test": "exit 0", "interval": 1}, {"Test": ["CMD-SHELL", "exit 0"], "Interval": 1}),
            ({"Test": ["CMD", "true"], "Retries": 2}, {"Test": ["CMD", "true"], "Retries": 2}),
            (
                {"test": ["NONE"], "start_period": 5, "start_interval": 6},
                {"Test": ["NONE"], "StartPeriod": 5, "StartInterval": 6},
            ),
            (Healthcheck(test="exit 0", retries=1), {"Test": ["CMD-SHELL", "exit 0"], "Retries": 1}),
        ],
    ),
}


@pytest.mark.parametrize(
    ("function", "given", "expected"),
    [(function, *row) for function, rows in TABLE.values() for row in rows],
    ids=[f"{name}-{number}" for name, (_, rows) in TABLE.items() for number in range(len(rows))],
)
def test_table(function: Callable[[Any], Any], given: Any, expected: Any) -> None:
    assert function(given) == expected


@pytest.mark.parametrize(
    ("made", "arguments"),
    [
        (Ulimit, {"name": "nofile", "soft": 1, "hard": 2}),
        (Ulimit, {"name": "nofile", "hard": 2}),
        (DeviceRequest, {"count": -1, "capabilities": [["gpu"]]}),
        (
            DeviceRequest,
            {"driver": "nvidia", "device_ids": ["0"], "capabilities": [["gpu"]], "options": {"a": "b"}},
        ),
    ],
)
def test_objects_of_docker_types_and_dicts_are_one(made: Any, arguments: dict[str, Any]) -> None:
    """As far as the engine can tell: what docker-py adds are its types' empty values."""
    from_object = limits.engine_objects("p", [made(**arguments)])
    from_arguments = limits.engine_objects("p", [arguments])
    for found in from_object + limits.engine_objects("p", [dict(made(**arguments))]):
        assert {
            name: value for name, value in found.items() if value not in ("", 0, [], {})
        } == from_arguments[0]


@pytest.mark.parametrize("value", ["nofile=1", ["a"], 3, None])
def test_an_object_that_is_none(value: Any) -> None:
    with pytest.raises(
        InvalidRequestError, match=r"^ulimits: expected a dict or an object of docker.types, got"
    ):
        limits.engine_objects("ulimits", [value])
