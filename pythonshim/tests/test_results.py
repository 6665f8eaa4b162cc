"""What a task returns."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from support import Task, Traces

from airdock.exceptions import ContainerFailedError, InvalidRequestError, ResultTooLargeError

pytestmark = pytest.mark.engine

RETURN = "/airflow/xcom/return.json"


def sh(script: str) -> list[str]:
    return ["sh", "-c", f"mkdir -p /airflow/xcom; {script}"]


def result(traces: Traces, script: str, **parameters: Any) -> Any:
    returned = Task(traces.dag_id, image="busybox", command=sh(script), **parameters).execute()
    assert traces.all() == {}
    return returned


# The output.

#: A warning that comes last took the place of the result with the official operator.
BOTH = "echo out; sleep 0.3; echo warning >&2; sleep 0.3"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "out"),
        ({"xcom_merge_stderr": True}, "warning"),
        ({"xcom_all": True}, ["out"]),
        ({"xcom_all": True, "xcom_merge_stderr": True}, ["out", "warning"]),
        ({"do_xcom_push": False, "xcom_merge_stderr": True}, None),
    ],
)
def test_stdout_and_stderr(parameters: dict[str, Any], expected: Any, traces: Traces) -> None:
    assert result(traces, BOTH, **parameters) == expected


def test_stderr_alone_is_no_result(traces: Traces) -> None:
    assert result(traces, "echo x >&2") is None


# return.json.


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"rows": 3, "ä": [1.5, null, true]}', {"rows": 3, "ä": [1.5, None, True]}),
        ('"text"', "text"),
        ("null", None),
        (" [1,\n 2] \n", [1, 2]),
    ],
)
def test_return_json(content: str, expected: Any, traces: Traces) -> None:
    assert result(traces, f"printf '%s' '{content}' > {RETURN}; echo last line") == expected


def test_return_json_comes_before_all_lines(traces: Traces) -> None:
    assert result(traces, f"echo 7 > {RETURN}; echo x", xcom_all=True) == 7


@pytest.mark.parametrize("content", ["", "{", "{'a': 1}", "not json", "1 2"])
def test_a_return_json_that_is_none(content: str, traces: Traces) -> None:
    with pytest.raises(InvalidRequestError, match=f"The container's {RETURN} is no JSON: ") as raised:
        result(traces, f'printf "%s" "{content}" > {RETURN}; echo last line')
    assert len(str(raised.value)) < 200
    assert traces.all() == {}


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        (f"head -c 16777217 /dev/zero > {RETURN}", ResultTooLargeError, "16777217 bytes, and 16777216 are"),
        (f"truncate -s 5G {RETURN}", ResultTooLargeError, "5368709120 bytes"),
        (f"mkdir {RETURN}", InvalidRequestError, "no regular file"),
        (f"echo 1 > /x; ln -s /x {RETURN}", InvalidRequestError, "no regular file"),
        (f"ln -s /etc/passwd {RETURN}", InvalidRequestError, "no regular file"),
        (f"mkfifo {RETURN}", InvalidRequestError, "no regular file"),
        (f"mknod {RETURN} c 1 5", InvalidRequestError, "no regular file"),
    ],
)
def test_a_return_json_that_cannot_be_taken(script: str, error: Any, words: str, traces: Traces) -> None:
    with pytest.raises(error, match=words) as raised:
        result(traces, script)
    assert RETURN in str(raised.value)
    assert traces.all() == {}


def test_the_largest_return_json(traces: Traces) -> None:
    script = f"(printf '\"'; head -c 16777214 /dev/zero | tr '\\0' x; printf '\"') > {RETURN}"
    assert len(result(traces, script)) == 16777214


def test_return_json_is_left_alone_where_no_result_is_wanted(traces: Traces) -> None:
    assert result(traces, f"echo '{{' > {RETURN}", do_xcom_push=False) is None
    with pytest.raises(ContainerFailedError):
        result(traces, f"echo '{{' > {RETURN}; exit 1")


def test_a_result_on_a_file_system_of_its_own(traces: Traces) -> None:
    """A volume is there after the end; a tmpfs is not, and then the last line is the result."""
    script = f"echo 7 > {RETURN}; echo line"
    assert result(traces, script, mounts=[{"target": "/airflow/xcom"}]) == 7
    assert result(traces, script, tmpfs=["/airflow/xcom"]) == "line"


# retrieve_output.


class Bomb:
    """A pickle of it makes a folder where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self._path,)


def write(value: Any, path: str) -> str:
    octal = "".join(f"\\{byte:03o}" for byte in pickle.dumps(value))
    return f"printf '{octal}' > {path}"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"retrieve_output_path": "/result"},
        {"retrieve_output": False, "retrieve_output_path": "/result"},
        {"retrieve_output": False, "retrieve_output_path": RETURN},
    ],
)
def test_nothing_is_unpickled_unless_asked(
    parameters: dict[str, Any], traces: Traces, tmp_path: Path
) -> None:
    crater = tmp_path / "crater"
    script = write(Bomb(crater), "/result")
    if RETURN in parameters.values():
        with pytest.raises(InvalidRequestError, match="no JSON"):
            result(traces, f"{script}; cp /result {RETURN}", **parameters)
    else:
        assert result(traces, f"{script}; echo x", **parameters) == "x"
    assert not crater.exists()
    result(traces, script, retrieve_output=True, retrieve_output_path="/result")
    assert crater.exists(), "the pickle does nothing at all"


@pytest.mark.parametrize(
    ("script", "expected"),
    [(write({"a": [1, "ä"]}, "/result"), {"a": [1, "ä"]}), (": > /result", None), ("true", None)],
)
def test_retrieve_output(script: str, expected: Any, traces: Traces) -> None:
    found = result(traces, f"{script}; echo x", retrieve_output=True, retrieve_output_path="/result")
    assert found == expected


def test_retrieve_output_comes_before_return_json(traces: Traces) -> None:
    script = f"{write(1, '/result')}; echo 2 > {RETURN}; echo 3"
    assert result(traces, script, retrieve_output=True, retrieve_output_path="/result") == 1


def test_retrieve_output_of_another_library(traces: Traces) -> None:
    task = Task(
        traces.dag_id,
        command=["bash", "-c", "echo text > /result"],
        retrieve_output=True,
        retrieve_output_path="/result",
    )

    class Library:
        loads = staticmethod(bytes.decode)

    task.operator.pickling_library = Library
    assert task.execute() == "text\n"


def test_what_is_no_pickle_fails(traces: Traces) -> None:
    with pytest.raises(pickle.UnpicklingError):
        result(traces, "echo text > /result", retrieve_output=True, retrieve_output_path="/result")
    assert traces.all() == {}


def test_retrieve_output_wants_a_path() -> None:
    with pytest.raises(ValueError, match="retrieve_output_path"):
        Task("dag", retrieve_output=True)
