from __future__ import annotations

from typing import Any

import pytest
from support import RecordingLog

from airdock._protocol.airdock_pb2 import PullProgress
from airdock.output import STDERR, STDOUT, AllLines, Keeper, LastLine, OutputLog, Tail
from airdock.progress import PullLog


def write(keeper: Keeper, *pieces: str, stream: str = STDOUT) -> RecordingLog:
    log = RecordingLog()
    output = OutputLog(log, {stream: [keeper]})
    for piece in pieces:
        output.write(stream, piece)
    return log


@pytest.mark.parametrize(
    ("pieces", "logged", "lines"),
    [
        ([], [], None),
        (["a\n"], ["a"], ["a"]),
        (["a\nb\n"], ["a", "b"], ["a", "b"]),
        (["a\n", "b"], ["a", "b"], ["a", "b"]),
        (["a\n\n"], ["a", ""], ["a", ""]),
        (["long ", "line\n", "b\n"], ["long ", "line", "b"], ["long line", "b"]),
        (["long", "\n", "b\n"], ["long", "", "b"], ["long", "b"]),
        (["a  \r\n"], ["a  \r"], ["a"]),
        (["100%\x0b\x0c\u2028\n"], ["100%\x0b\x0c\u2028"], ["100%"]),
    ],
)
def test_lines(pieces: list[str], logged: list[str], lines: list[str] | None) -> None:
    every, last = AllLines(), LastLine()
    assert write(every, *pieces).records == [("info", line) for line in logged]
    write(last, *pieces)
    assert every.value() == lines
    assert last.value() == (lines[-1] if lines else None)


def test_stderr_has_its_mark() -> None:
    assert write(Tail(9), "a %s\n", stream=STDERR).records == [("info", "[stderr] a %s")]


def test_a_stream_without_a_keeper_is_logged_only() -> None:
    log = RecordingLog()
    OutputLog(log, {}).write(STDERR, "x\n")
    assert log.lines() == ["[stderr] x"]


def test_one_keeper_under_both_streams_merges_them() -> None:
    every = AllLines()
    output = OutputLog(RecordingLog(), {STDOUT: [every], STDERR: [every]})
    output.write(STDOUT, "a\n")
    output.write(STDERR, "b\n")
    assert every.value() == ["a", "b"]


def test_a_last_line_beyond_the_limit_is_lost_and_not_cut() -> None:
    last = LastLine(limit=10)
    write(last, "x" * 6, "x" * 6)
    assert (last.value(), last.lost) == (None, True)
    write(last, "x" * 100 + "\n")
    assert (last.value(), last.lost) == (None, True)
    write(last, "short\n")
    assert (last.value(), last.lost) == ("short", False)


def test_the_last_line_needs_bounded_memory() -> None:
    last = LastLine(limit=1000)
    for _ in range(10_000):
        last.add("x" * 100, ended=False)
    assert last._line is None


def test_a_tail_keeps_the_end() -> None:
    tail = Tail(limit=10)
    write(tail, "a\nb\n", "c")
    assert (tail.value(), tail.truncated) == ("a\nb\nc", False)
    write(tail, "d\n", "0123456\n")
    assert (tail.value(), tail.truncated) == ("d\n0123456\n", True)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def progress(**fields: Any) -> PullProgress:
    return PullProgress(image="bash", **fields)


def test_a_pull_is_a_few_lines_in_a_fold() -> None:
    log, clock = RecordingLog(), Clock()
    pull = PullLog(log, clock)
    for second in range(25):
        clock.now = float(second)
        pull.write(progress(layers=2, layers_done=second // 20, bytes=second * 10**6, bytes_total=30 * 10**6))
    pull.write(progress(done=True, status="Status: Downloaded newer image for bash"))
    pull.close()
    assert log.lines() == [
        "::group::Pulling image bash",
        "0 of 2 layers, 0 bytes of 30.0 MB",
        "0 of 2 layers, 10.0 MB of 30.0 MB",
        "1 of 2 layers, 20.0 MB of 30.0 MB",
        "Status: Downloaded newer image for bash",
        "::endgroup::",
    ]


def test_a_pull_that_breaks_off_closes_its_fold() -> None:
    log = RecordingLog()
    pull = PullLog(log)
    pull.write(progress(status="Pulling from library/bash"))
    pull.close()
    pull.close()
    assert log.lines() == ["::group::Pulling image bash", "Pulling from library/bash", "::endgroup::"]


def test_no_pull_no_fold() -> None:
    log = RecordingLog()
    PullLog(log).close()
    assert log.lines() == []
