"""What a run makes of a plugin that misbehaves in mid-call. The plugin is a fake: see fake_server.py."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from support import Task, Traces, fake_plugin, wait_until_threads_end

from airdock._compat import AirflowFailException
from airdock.exceptions import (
    AirdockError,
    AirdockFatalError,
    InternalError,
    InvalidRequestError,
    PluginDiedError,
)

SERVE = """
import grpc
from fake_server import serve
from airdock._protocol.airdock_pb2 import Error, Event, Exit, Log, Output
from google.rpc.status_pb2 import Status

def fail(context, code, **fields):
    status = Status(code=code.value[0], message="in words")
    status.details.add().Pack(Error(**fields))
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, "in words")

def run(request, context):
    assert ("airdock-log", "text") in context.invocation_metadata()
    yield Event(log=Log(text="What is to be read.\\nIn two lines."))
    yield Event(output=Output(stream=1, text="one\\n"))
    yield Event(output=Output(stream=2, text="two\\n"))
"""


def task_with(
    body: str, local_traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **parameters: object
) -> Task:
    code = SERVE + "\n".join(f"    {line}" for line in body.splitlines()) + "\nserve(run)\n"
    monkeypatch.setenv("AIRDOCK_PLUGIN", fake_plugin(tmp_path / "plugin", code))
    return Task(local_traces.dag_id, **parameters)


@pytest.fixture(autouse=True)
def nothing_stays(local_traces: Traces):
    before = set(threading.enumerate())
    yield
    assert local_traces.all() == {}
    wait_until_threads_end(before)


def test_a_whole_run(local_traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_with("yield Event(exit=Exit(container_id='c'))", local_traces, tmp_path, monkeypatch)
    assert task.execute() == "one"
    assert task.log.lines("info") == [
        "What is to be read.",
        "In two lines.",
        "one",
        "[stderr] two",
    ]


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ("pass", PluginDiedError, "without saying how"),
        ("os._exit(7)", PluginDiedError, "exited with code 7"),
        ("print('panic: oh', file=sys.stderr, flush=True); os._exit(2)", PluginDiedError, "panic: oh"),
        ("os.kill(os.getpid(), 9)", PluginDiedError, "killed by SIGKILL"),
        ("raise ValueError('x')", InternalError, "UNKNOWN"),
        ("context.abort(grpc.StatusCode.UNIMPLEMENTED, 'no Run')", InternalError, "no Run"),
        (
            "fail(context, grpc.StatusCode.INVALID_ARGUMENT, kind=1, message='bad')",
            InvalidRequestError,
            "bad",
        ),
        (
            "fail(context, grpc.StatusCode.UNKNOWN, kind=4711, message='new', retryable=True)",
            AirdockError,
            "new",
        ),
        ("fail(context, grpc.StatusCode.UNKNOWN, kind=4711, message='new')", AirdockFatalError, "new"),
    ],
)
def test_a_run_that_breaks(
    body: str,
    error: type[AirdockError],
    words: str,
    local_traces: Traces,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = task_with(body, local_traces, tmp_path, monkeypatch)
    with pytest.raises(AirdockError, match=words) as raised:
        task.execute()
    assert type(raised.value) is error
    assert raised.value.retryable is not isinstance(raised.value, AirflowFailException)


def test_a_plugin_that_died_is_followed_by_one_that_stops_the_container(
    local_traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_with("os._exit(7)", local_traces, tmp_path, monkeypatch)
    stopped: list[object] = []
    monkeypatch.setattr(
        "airdock.plugin.client.Plugin.stop",
        lambda self, request, timeout: stopped.append(request) or ["c" * 64],
    )
    with pytest.raises(PluginDiedError):
        task.execute()
    assert stopped
    assert task.log.lines("warning") == [f"The plugin is gone; its container {'c' * 12} was stopped."]


def test_a_value_of_a_wrong_type_is_named(
    local_traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"/a": {"source": b"content", "mode": "rwx"}}
    task = task_with("pass", local_traces, tmp_path, monkeypatch, input_files=files)
    with pytest.raises(InvalidRequestError, match="mode"):
        task.execute()


@pytest.mark.parametrize(
    ("parameters", "result"),
    [
        ({}, "last"),
        ({"xcom_all": True}, ["one", "last"]),
        ({"do_xcom_push": False}, None),
    ],
)
def test_results(
    parameters: dict[str, object],
    result: object,
    local_traces: Traces,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = "yield Event(output=Output(stream=1, text='last  ')); yield Event(exit=Exit())"
    task = task_with(body, local_traces, tmp_path, monkeypatch, **parameters)
    assert task.execute() == result


def test_a_last_line_that_is_too_long_is_no_result(
    local_traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (
        "for _ in range(3): yield Event(output=Output(stream=1, text='x' * 2**19))\nyield Event(exit=Exit())"
    )
    task = task_with(body, local_traces, tmp_path, monkeypatch)
    assert task.execute() is None
    assert any("longer than" in line for line in task.log.lines("warning"))


def test_a_message_beyond_4_mib_passes(
    local_traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "yield Event(output=Output(stream=2, text='x' * 2**23 + '\\n')); yield Event(exit=Exit())"
    task = task_with(body, local_traces, tmp_path, monkeypatch)
    assert task.execute() == "one"
