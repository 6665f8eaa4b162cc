from __future__ import annotations

import inspect
import re
from types import SimpleNamespace
from typing import Any

import pytest
from docker.types import DriverConfig, Mount

from airdock.exceptions import InvalidRequestError
from airdock.request import environment_list, mount_objects, run_key, run_origin, words
from airdock.types import Mount as OurMount


def instance(**fields: Any) -> Any:
    return SimpleNamespace(
        **{"dag_id": "d", "task_id": "t", "run_id": "r", "map_index": -1, "try_number": 1} | fields
    )


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (None, []),
        ("", []),
        ("ls -al /", ["ls", "-al", "/"]),
        ("echo 'a b' \"c\"", ["echo", "a b", "c"]),
        (["ls", "a b"], ["ls", "a b"]),
        (("ls", "a b"), ["ls", "a b"]),
        ("['ls', 'a b']", ["ls", "a b"]),
        (' ["ls"]', ["ls"]),
    ],
)
def test_words(command: Any, expected: list[str]) -> None:
    assert words("command", command) == expected


@pytest.mark.parametrize("command", ["[ -f /x ] && ls", "echo 'open", ["sleep", 5], "['sleep', 5]", 7])
def test_words_refused(command: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"^command: .*\.$"):
        words("command", command)


def test_environment() -> None:
    given = {"A": "1", "B": 2, "C": None, "D": "", "E": b"\xc3\xa4", "F": "x=y"}
    assert environment_list(given) == ["A=1", "B=2", "C", "D=", "E=ä", "F=x=y"]
    assert environment_list(None) == []


MOUNT_ARGUMENTS: list[dict[str, Any]] = [
    {"target": "/data", "source": "vol"},
    {"target": "/data", "source": "vol", "type": "volume", "read_only": True},
    {"target": "/data", "source": "/srv", "type": "bind", "propagation": "rslave", "consistency": "cached"},
    {"target": "/t", "source": None, "type": "tmpfs", "tmpfs_size": "64m", "tmpfs_mode": 0o700},
    {"target": "/t", "source": "", "type": "tmpfs", "tmpfs_size": 1000},
    {
        "target": "/d",
        "source": "v",
        "no_copy": True,
        "labels": {"a": "b"},
        "driver_config": DriverConfig("local", {"o": "x"}),
    },
]


@pytest.mark.parametrize("arguments", MOUNT_ARGUMENTS)
def test_mounts_are_what_docker_py_makes(arguments: dict[str, Any]) -> None:
    made = Mount(**arguments)
    # ReadOnly: false and an empty source are the engine's defaults, and left out here.
    expected = {name: value for name, value in made.items() if value not in (False, None, "")}
    assert mount_objects([arguments]) == [expected]
    assert mount_objects([made]) == [dict(made)]


@pytest.mark.parametrize("arguments", MOUNT_ARGUMENTS)
def test_our_mount_is_that_of_docker_py(arguments: dict[str, Any]) -> None:
    assert list(inspect.signature(OurMount).parameters) == list(inspect.signature(Mount).parameters)
    assert mount_objects([OurMount(**arguments)]) == mount_objects([arguments])


def test_mounts_know_every_argument_of_docker_py() -> None:
    from airdock.request import _MOUNT_KEYS

    assert set(_MOUNT_KEYS) == set(inspect.signature(Mount).parameters)


@pytest.mark.parametrize("mount", [{"target": "/t", "sauce": "x"}, {"target": "/t", "tmpfs_size": "big"}])
def test_mounts_refused(mount: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match=r"^mounts: "):
        mount_objects([mount])


def test_key_is_stable_readable_and_unique() -> None:
    keys = {
        run_key(instance(**fields))
        for fields in (
            {},
            {"dag_id": "e"},
            {"task_id": "u"},
            {"run_id": "s"},
            {"map_index": 0},
            {"try_number": 2},
            {"dag_id": "d.t", "task_id": ""},
        )
    }
    assert len(keys) == 7
    assert run_key(instance()) == run_key(instance())
    assert run_key(instance()).startswith("d.t.")


@pytest.mark.parametrize("dag_id", ["_x", "é" * 200, "a" * 300, "a b/c", "..", "日本"])
def test_key_is_what_the_protocol_allows(dag_id: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", run_key(instance(dag_id=dag_id)))


def test_origin() -> None:
    assert run_origin(instance()) == {
        "dag-id": "d",
        "task-id": "t",
        "run-id": "r",
        "map-index": "-1",
        "try-number": "1",
    }


def test_all_runs_of_tasks_test_are_one() -> None:
    run_ids = [f"__airflow_temporary_run_2026-01-01T00:00:0{second}+00:00__" for second in range(2)]
    assert len({run_origin(instance(run_id=run_id))["run-id"] for run_id in run_ids}) == 1
    assert len({run_key(instance(run_id=run_id)) for run_id in run_ids}) == 2
