"""What a container prints, in quantity and of every kind, arrives as it must: on the real engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import SHIM, Task, Traces

WRITE = "import sys, time; w = sys.stdout.buffer.write; "


def printed(traces: Traces, program: str, **parameters: Any) -> tuple[list[str], Any]:
    """Return the lines that the task logged of a program's output, and the task's result."""
    task = Task(
        traces.dag_id, image="python:3.11-slim", command=["python", "-c", WRITE + program], **parameters
    )
    result = task.execute()
    records = task.log.lines("info")
    start = next(i for i, line in enumerate(records) if line.startswith("Container "))
    return records[start + 1 :], result


@pytest.mark.parametrize(
    ("program", "parameters", "lines"),
    [
        pytest.param("w(b'a\\0b\\n')", {}, ["a\0b"], id="NUL bytes"),
        pytest.param("w(b'a\\xff\\xfeb\\n')", {}, ["a\ufffdb"], id="invalid UTF-8"),
        pytest.param("w('ü€😀\\n'.encode() * 3)", {}, ["ü€😀"] * 3, id="characters of several bytes"),
        pytest.param("w(b'no end')", {}, ["no end"], id="no line end"),
        pytest.param("w(b'\\n\\nx\\n')", {}, ["", "", "x"], id="empty lines"),
        pytest.param("w(b'one\\r\\ntwo\\r\\n')", {}, ["one", "two"], id="CRLF"),
        pytest.param("w(b'one\\ntwo\\n')", {"tty": True}, ["one", "two"], id="a terminal"),
        pytest.param(
            "w(b'x' * 40000 + b'\\n')", {"tty": True}, ["x" * 40000], id="a long line on a terminal"
        ),
        pytest.param("w(b'10%\\r20%\\r30%\\n')", {}, ["30%"], id="a progress bar"),
    ],
)
def test_output_arrives_as(
    traces: Traces, program: str, parameters: dict[str, Any], lines: list[str]
) -> None:
    assert printed(traces, program, **parameters)[0] == lines


def test_characters_that_the_log_or_we_would_cut(traces: Traces) -> None:
    # The engine's json-file driver cuts lines at 16 KiB, through a character; we cut at 64 KiB, between two.
    lines, _ = printed(traces, "w(b'x' * 16383 + 'é'.encode() + b'END\\n')")
    assert lines == ["x" * 16383 + "éEND"]
    pieces, _ = printed(traces, "w('€'.encode() * 100000 + b'\\n')")
    assert "".join(pieces) == "€" * 100_000


def test_a_line_of_10_mb(traces: Traces) -> None:
    lines, result = printed(traces, "w(b'y' * 10_000_000 + b'\\nend\\n')")
    assert "".join(lines[:-1]) == "y" * 10_000_000
    assert max(map(len, lines)) <= 64 << 10
    assert (lines[-1], result) == ("end", "end")


def test_200_mb_without_a_line_end(traces: Traces) -> None:
    lines, result = printed(traces, "[w(b'z' * 1_000_000) for _ in range(200)]")
    assert sum(map(len, lines)) == 200_000_000
    assert not any(line.strip("z") for line in lines)
    assert result is None


def test_a_progress_bar_of_100_000_updates(traces: Traces) -> None:
    lines, result = printed(traces, "[w(b'\\r%d of 100000' % i) for i in range(100001)]; w(b'\\n')")
    assert lines[-1] == result == "100000 of 100000"
    # The states that were shown on the way are whole ones, and few.
    states = [line.removesuffix(" of 100000") for line in lines]
    assert all(state.isdigit() for state in states)
    assert len(lines) < 100


def flood(traces: Traces, lines: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("flood.py")), traces.dag_id, str(lines)],
        env=os.environ | {"PYTHONPATH": str(SHIM)},
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_a_million_lines_arrive_in_order_and_in_little_memory(traces: Traces) -> None:
    few, many = flood(traces, 10_000), flood(traces, 1_000_000)
    for cost, lines in ((few, 10_000), (many, 1_000_000)):
        assert (cost["lines"], cost["in_order"], int(cost["result"])) == (lines, True, lines - 1)
    grown = (many["shim"] + many["plugin"]) - (few["shim"] + few["plugin"])
    assert grown < 16 * 1024, f"{grown} KiB more: {few} {many}"
