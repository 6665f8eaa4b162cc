"""What becomes of logins, of the files that a run brings back, and of its Exit: without an engine."""

from __future__ import annotations

import pickle
from datetime import datetime, timezone
from typing import Any

import pytest
from support import RecordingLog

from airdock._compat import AirflowSkipException
from airdock._protocol.airdock_pb2 import Exit, ResultFile
from airdock.connection import registry_logins
from airdock.exceptions import (
    AirdockError,
    ContainerFailedError,
    ContainerSkippedError,
    InvalidRequestError,
    StoppedError,
)
from airdock.exit import check_exit
from airdock.results import ResultFiles

# Logins.


@pytest.mark.parametrize(
    ("uri", "login"),
    [
        ("docker://u:p@registry.example", ("registry.example", "u", "p")),
        ("docker://u:p@registry.example:5000", ("registry.example:5000", "u", "p")),
        ("docker://u@registry.example", ("registry.example", "u", "")),
        ("docker://u:p%40%2F@registry.example", ("registry.example", "u", "p@/")),
    ],
)
def test_a_connection_is_a_login(
    uri: str, login: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_REGISTRY", uri)
    expected = dict(zip(("server_address", "username", "password"), login, strict=True))
    assert registry_logins("registry") == [expected]


def test_several_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ONE", '{"conn_type": "docker", "host": "https://a/v1/", "login": "u"}')
    monkeypatch.setenv("AIRFLOW_CONN_TWO", "docker://v:p@b")
    found = registry_logins(["one", "", "two"])
    assert [(login["server_address"], login["username"]) for login in found] == [
        ("https://a/v1/", "u"),
        ("b", "v"),
    ]
    assert registry_logins(None) == registry_logins("") == registry_logins([]) == []


@pytest.mark.parametrize(
    ("uri", "word"), [("docker://u:hidden@", "host"), ("docker://registry.example", "login")]
)
def test_a_connection_without_its_half(uri: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_HALF", uri)
    with pytest.raises(InvalidRequestError, match=f"connection half .*{word}") as raised:
        registry_logins("half")
    assert "hidden" not in str(raised.value)


def test_no_such_connection() -> None:
    with pytest.raises(Exception, match="no_such_connection"):
        registry_logins("no_such_connection")


# Files.


def add(files: ResultFiles, data: bytes) -> None:
    files.add(ResultFile(path="/r", found=True, data=data))


def test_pieces_of_a_file_are_one() -> None:
    files = ResultFiles({"/r": 10})
    assert files.request() == [{"path": "/r", "max_bytes": 10}]
    add(files, b'{"a"')
    add(files, b": 1}")
    assert files.has("/r")
    assert files.json("/r") == {"a": 1}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"{'a': 1}", b"1 2"])
def test_what_is_no_json(content: bytes) -> None:
    files = ResultFiles({"/r": 10})
    add(files, content)
    with pytest.raises(InvalidRequestError, match=r"The container's /r is no JSON: .+\.$"):
        files.json("/r")


def test_a_file_that_is_not_there_is_no_result() -> None:
    files = ResultFiles({"/r": 10})
    files.add(ResultFile(path="/r"))
    assert not files.has("/r")
    assert files.pickle("/r", pickle) is None


@pytest.mark.parametrize("value", [None, 0, "text", {"a": [1]}])
def test_a_pickle(value: Any) -> None:
    files = ResultFiles({"/r": 10})
    add(files, pickle.dumps(value))
    assert files.pickle("/r", pickle) == value


def test_an_empty_pickle_is_none() -> None:
    files = ResultFiles({"/r": 10})
    add(files, b"")
    assert files.pickle("/r", pickle) is None


# The exit.


def an_exit(**fields: Any) -> Exit:
    exit_ = Exit(container_id="0123456789abcdef", headline="How it ended.", report="All of it.", **fields)
    exit_.started_at.FromDatetime(datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc))
    exit_.finished_at.FromDatetime(datetime(2024, 1, 2, 3, 4, 7, 500000, tzinfo=timezone.utc))
    return exit_


def test_an_exit_is_the_exceptions_attributes() -> None:
    exit_ = an_exit(
        exit_code=137,
        signal="SIGKILL",
        explanation="why",
        engine_error="word",
        oom_kills=1,
        peak_memory=5,
        memory_limit=6,
        cpu_seconds=7.5,
        stderr_tail="a\nb\n",
    )
    log = RecordingLog()
    with pytest.raises(ContainerFailedError) as raised:
        check_exit(exit_, log, None)
    assert not isinstance(raised.value, AirdockError)
    assert vars(raised.value) == {
        "exit_code": 137,
        "signal": "SIGKILL",
        "explanation": "why",
        "engine_error": "word",
        "container_id": "0123456789abcdef",
        "oom_kills": 1,
        "started_at": datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        "finished_at": datetime(2024, 1, 2, 3, 4, 7, 500000, tzinfo=timezone.utc),
        "peak_memory": 5,
        "memory_limit": 6,
        "cpu_seconds": 7.5,
        "stderr": ["a", "b"],
    }
    assert log.records == [("error", "All of it.")]
    assert str(raised.value) == "How it ended."


@pytest.mark.parametrize(
    ("skip", "code", "skipped"),
    [
        (3, 3, True),
        ([3], 3, True),
        ({3}, 3, True),
        (range(2, 5), 3, True),
        (0, 0, True),
        ([], 3, False),
        (4, 3, False),
    ],
)
def test_skip_on_exit_code(skip: Any, code: int, skipped: bool) -> None:
    with pytest.raises(ContainerSkippedError if skipped else ContainerFailedError) as raised:
        check_exit(an_exit(exit_code=code), RecordingLog(), skip)
    assert isinstance(raised.value, AirflowSkipException) is skipped
    assert raised.value.exit_code == code


def test_success_says_nothing_but_of_memory_kills() -> None:
    log = RecordingLog()
    check_exit(an_exit(exit_code=0, stderr_tail="noise"), log, None)
    assert log.records == []
    check_exit(an_exit(exit_code=0, oom_kills=1), log, None)
    assert [level for level, _ in log.records] == ["warning"]


def test_a_stop_is_no_failure_of_the_container() -> None:
    with pytest.raises(StoppedError, match="stopped on request"):
        check_exit(an_exit(exit_code=143, stopped=True), RecordingLog(), 143)
