from __future__ import annotations

import inspect
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.types import Mount

from airdock._protocol.airdock_pb2 import RunRequest
from airdock.exceptions import InvalidRequestError
from airdock.plugin.messages import fill
from airdock.request import request_parameters, run_key, run_origin, words
from airdock.types import Mount as OurMount


def instance(**fields: Any) -> Any:
    return SimpleNamespace(
        **{"dag_id": "d", "task_id": "t", "run_id": "r", "map_index": -1, "try_number": 1} | fields
    )


@pytest.mark.parametrize(
    ("command", "expected"),
    [
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


def test_parameters_are_what_json_has() -> None:
    given = {
        "image": "bash",
        "hostname": None,
        "command": "ls -al /",
        "entrypoint": "",
        "mounts": [Mount("/d", "v", labels={"a": "b"})],
        "ports": {80: ("127.0.0.1", 8080)},
        "cap_add": ("NET_ADMIN",),
        "networks": {"z": None, "a": {"aliases": ("b",)}},
        "run_timeout": timedelta(minutes=1.5),
        "tmp_dir": Path("/tmp"),
        "tty": True,
        "cpus": 0.5,
    }
    assert request_parameters(given, {}) == {
        "image": "bash",
        "command": ["ls", "-al", "/"],
        "entrypoint": [],
        "mounts": [dict(Mount("/d", "v", labels={"a": "b"}))],
        "ports": {"80": ["127.0.0.1", 8080]},
        "cap_add": ["NET_ADMIN"],
        "networks": [{"name": "z"}, {"name": "a", "aliases": ["b"]}],
        "run_timeout": 90.0,
        "tmp_dir": "/tmp",
        "tty": True,
        "cpus": 0.5,
    }
    fill({"parameters": request_parameters(given, {})}, RunRequest())


@pytest.mark.parametrize("name", ["environment", "private_environment", "labels", "build_args"])
def test_values_are_text_as_python_writes_it(name: str) -> None:
    given = {"A": "1", "B": 2, "C": None, "D": "", "E": b"\xc3\xa4", "F": True, "G": 1.0}
    assert request_parameters({name: given}, {})[name] == {
        **{"A": "1", "B": "2", "C": None, "D": "", "E": "ä", "F": "True", "G": "1.0"}
    }
    with pytest.raises(InvalidRequestError, match=f"^{name}: A is no UTF-8 text") as raised:
        request_parameters({name: {"A": b"hidden\xff"}}, {})
    assert "hidden" not in str(raised.value)


def test_of_the_workers_environment_goes_what_an_env_file_names() -> None:
    text = "A=${HOME}\nB=${NO_SUCH:-x}\nC=$PATH"
    parameters = request_parameters({"env_file": text}, {"HOME": "/h", "PATH": "/p", "OTHER": "o"})
    assert parameters == {"env_file": text, "env_file_variables": {"HOME": "/h"}}


def test_our_mount_has_the_arguments_of_docker_py() -> None:
    assert list(inspect.signature(OurMount).parameters) == list(inspect.signature(Mount).parameters)
    given = {"target": "/d", "source": "v", "type": "volume", "read_only": True, "tmpfs_mode": 0}
    assert OurMount(**given) == {**given, "no_copy": False}
    assert OurMount("/d", None) == {"target": "/d", "type": "volume", "read_only": False, "no_copy": False}


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
