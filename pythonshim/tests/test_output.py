from __future__ import annotations

from typing import Any

import pytest
from support import RecordingLog

from airdock._protocol.airdock_pb2 import Log, Output
from airdock.output import OutputLog, Tail


def write(pieces: list[str], keep: Tail | None = None, *, stderr: bool = False, **how: Any) -> RecordingLog:
    log = RecordingLog()
    output = OutputLog(log, keep, **how)
    for piece in pieces:
        output.write(Output(stream=Output.STDERR if stderr else Output.STDOUT, text=piece))
    return log


@pytest.mark.parametrize(
    ("pieces", "logged", "lines"),
    [
        ([], [], []),
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
def test_lines(pieces: list[str], logged: list[str], lines: list[str]) -> None:
    for limit in (None, 1000):
        keep = Tail(limit)
        assert write(pieces, keep).records == [("info", line) for line in logged]
        assert keep.lines() == lines
        assert keep.whole()


def test_stderr_has_its_mark_and_is_kept_where_that_is_asked_for() -> None:
    alone, merged = Tail(), Tail()
    assert write(["a %s\n"], alone, stderr=True).records == [("info", "[stderr] a %s")]
    write(["a\n"], merged, stderr=True, merge=True)
    assert (alone.lines(), merged.lines()) == ([], ["a"])


def test_each_line_is_handed_on() -> None:
    seen: list[tuple[str, str]] = []
    write(["a\nb\n"], on_line=lambda stream, line: seen.append((stream, line)))
    write(["c\n"], stderr=True, on_line=lambda stream, line: seen.append((stream, line)))
    assert seen == [("stdout", "a"), ("stdout", "b"), ("stderr", "c")]


def test_a_flood_is_few_records_and_each_of_its_lines_has_its_mark() -> None:
    few, many = ["x\n" * 3], ["x\n" * 7]
    assert write(few, flood_lines=3).lines() == ["x"] * 3
    assert write(many, flood_lines=3).lines() == ["x\nx\nx", "x\nx\nx", "x"]
    assert write(many, flood_lines=5, stderr=True).lines() == [
        "\n".join(["[stderr] x"] * number) for number in (5, 2)
    ]
    assert write(["x\n" * 1000], flood_lines=0).lines() == ["x"] * 1000


def test_what_the_plugin_wrote_has_its_level() -> None:
    log = RecordingLog()
    output = OutputLog(log)
    for level in (Log.INFO, Log.WARNING, Log.ERROR):
        output.log(Log(level=level, text="a\nb"))
    assert log.records == [("info", "a"), ("info", "b"), ("warning", "a\nb"), ("error", "a\nb")]


@pytest.mark.parametrize(
    ("pieces", "value", "whole"),
    [
        (["0123456789"], "0123456789", True),
        (["a\nb\n", "c"], "a\nb\nc", True),
        (["a\nb\nc", "d\n", "012\n"], "b\ncd\n012\n", True),
        (["x" * 6, "x" * 6], "x" * 10, False),
        (["x" * 100 + "\n"], "x" * 9 + "\n", False),
        (["x" * 100, "\nend"], "end", True),
        (["x" * 100, "\n", "end\n"], "end\n", True),
    ],
)
def test_a_tail_keeps_the_end_and_says_whether_its_line_is_whole(
    pieces: list[str], value: str, whole: bool
) -> None:
    keep = Tail(10)
    write(pieces, keep)
    assert (keep.value(), keep.whole()) == (value, whole)
    assert keep.truncated is (len("".join(pieces)) > 10)


def test_a_tail_needs_bounded_memory() -> None:
    keep = Tail(1000)
    for _ in range(10_000):
        keep.add("x" * 99 + "\n")
    assert sum(map(len, keep._pieces)) == 1000
