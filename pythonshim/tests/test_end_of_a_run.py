"""What becomes of logins, of the files that a run brings back, and of its Exit: without an engine."""

from __future__ import annotations

import pickle
from datetime import datetime, timezone
from typing import Any

import pytest
from support import RecordingLog

from airdock._compat import AirflowSkipException
from airdock._protocol.airdock_pb2 import Exit
from airdock.exceptions import (
    AirdockError,
    ContainerFailedError,
    ContainerSkippedError,
    InvalidRequestError,
    StoppedError,
)
from airdock.follow import check_exit
from airdock.logins import registry_logins
from airdock.report import block, headline
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


def test_pieces_of_a_file_are_one() -> None:
    files = ResultFiles({"/r": 10})
    assert files.request() == [{"path": "/r", "max_bytes": 10}]
    files.add("/r", True, b'{"a"')
    files.add("/r", True, b": 1}")
    assert files.has("/r")
    assert files.json("/r") == {"a": 1}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"{'a': 1}", b"1 2"])
def test_what_is_no_json(content: bytes) -> None:
    files = ResultFiles({"/r": 10})
    files.add("/r", True, content)
    with pytest.raises(InvalidRequestError, match=r"The container's /r is no JSON: .+\.$"):
        files.json("/r")


def test_a_file_that_is_not_there_is_no_result() -> None:
    files = ResultFiles({"/r": 10})
    files.add("/r", False, b"")
    assert not files.has("/r")
    assert files.pickle("/r", pickle) is None


@pytest.mark.parametrize("value", [None, 0, "text", {"a": [1]}])
def test_a_pickle(value: Any) -> None:
    files = ResultFiles({"/r": 10})
    files.add("/r", True, pickle.dumps(value))
    assert files.pickle("/r", pickle) == value


def test_an_empty_pickle_is_none() -> None:
    files = ResultFiles({"/r": 10})
    files.add("/r", True, b"")
    assert files.pickle("/r", pickle) is None


# The exit.


def an_exit(**fields: Any) -> Exit:
    exit_ = Exit(container_id="0123456789abcdef", **fields)
    exit_.started_at.FromDatetime(datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc))
    exit_.finished_at.FromDatetime(datetime(2024, 1, 2, 3, 4, 7, 500000, tzinfo=timezone.utc))
    return exit_


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"exit_code": 3}, "Container 0123456789ab exited with code 3."),
        (
            {"exit_code": 137, "signal": "SIGKILL", "explanation": "why"},
            "Container 0123456789ab exited with code 137 (SIGKILL): why.",
        ),
        (
            {"exit_code": 1, "engine_error": "no disk"},
            "Container 0123456789ab exited with code 1; the engine says: no disk.",
        ),
    ],
)
def test_headline(fields: dict[str, Any], sentence: str) -> None:
    assert headline(Exit(container_id="0123456789abcdef", **fields)) == sentence


def test_block() -> None:
    exit_ = an_exit(
        exit_code=137,
        peak_memory=32 << 20,
        memory_limit=64 << 20,
        cpu_seconds=1.234,
        oom_kills=2,
        stderr_tail="".join(f"line {number}\n" for number in range(30)),
    )
    assert block(exit_).splitlines() == [
        "Container 0123456789ab exited with code 137.",
        "  ran        2024-01-02T03:04:05Z to 2024-01-02T03:04:07.500Z, 2.500 s",
        "  memory     peak 32.0 MiB, limit 64.0 MiB",
        "  CPU        1.23 s",
        "  OOM kills  2",
        "  the end of stderr:",
        *(f"    line {number}" for number in range(10, 30)),
    ]


def test_block_of_what_is_not_known() -> None:
    assert block(Exit(container_id="abc", exit_code=1)) == "Container abc exited with code 1."
    assert "peak unknown, limit 1.0 MiB" in block(Exit(memory_limit=1 << 20))
    assert "memory     peak 1.0 MiB" in block(Exit(peak_memory=1 << 20)).splitlines()[1]


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
    assert log.records == [("error", block(exit_))]


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
