"""Why a container ended: as one block in the task's log, and as attributes of the exception."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import docker
import pytest
from support import Task, Traces, wait_for

from airdock.exceptions import CommandNotFoundError, ContainerFailedError, EngineError

pytestmark = pytest.mark.engine

LIMIT = {"image": "busybox", "mem_limit": "32m", "memswap_limit": "32m"}
#: Takes memory until it is killed.
HUNGRY = "tail /dev/zero"


def failed(traces: Traces, script: str, **parameters: Any) -> tuple[ContainerFailedError, list[str]]:
    """Return what a container fails with, and the lines of the block in the log."""
    task = Task(traces.dag_id, **{"image": "busybox", "command": ["sh", "-c", script]} | parameters)
    with pytest.raises(ContainerFailedError) as raised:
        task.execute()
    assert traces.all() == {}
    (block,) = task.log.lines("error")
    lines = block.splitlines()
    assert lines[0] == str(raised.value)
    print(block)
    return raised.value, lines


def line(lines: list[str], title: str) -> str:
    (found,) = [text for text in lines if text.startswith(f"  {title}")]
    return found.removeprefix(f"  {title}").strip()


def test_the_kernel_kills_pid_1_for_its_memory(traces: Traces) -> None:
    error, lines = failed(traces, f"exec {HUNGRY}", **LIMIT)
    assert (error.exit_code, error.signal, error.oom_kills) == (137, "SIGKILL", 1)
    assert error.memory_limit == 32 << 20
    assert error.peak_memory >= 32 << 20
    assert "reached its memory limit of 32MiB" in error.explanation
    assert "exited with code 137 (SIGKILL): the kernel killed the container" in lines[0]
    assert line(lines, "memory") == "peak 32.0 MiB, limit 32.0 MiB"
    assert line(lines, "OOM kills") == "1"


def test_the_kernel_kills_a_child_and_the_container_fails(traces: Traces) -> None:
    error, lines = failed(traces, f"{HUNGRY}; exit 1", **LIMIT)
    assert (error.exit_code, error.signal, error.oom_kills) == (1, "", 1)
    assert "killed 1 process(es) in the container, because it reached its memory limit" in error.explanation
    assert line(lines, "OOM kills") == "1"


def test_the_kernel_kills_a_child_and_the_container_succeeds(traces: Traces) -> None:
    task = Task(traces.dag_id, command=["sh", "-c", f"{HUNGRY}; echo went on"], **LIMIT)
    assert task.execute() == "went on"
    (warning,) = task.log.lines("warning")
    assert "killed 1 process(es) in the container" in warning
    assert "and the container went on" in warning
    assert task.log.lines("error") == []
    assert traces.all() == {}


def test_the_kernel_kills_two_children_of_a_container_that_runs_on(traces: Traces) -> None:
    """The engine's events tell of each, also of those after it was first watched."""
    error, _ = failed(traces, f"sleep 2; {HUNGRY}; {HUNGRY}; sleep 1; exit 4", **LIMIT)
    assert (error.exit_code, error.oom_kills) == (4, 2)


@pytest.mark.parametrize(
    ("signal", "code", "name"), [("SEGV", 139, "SIGSEGV"), ("TERM", 143, "SIGTERM"), ("KILL", 137, "SIGKILL")]
)
def test_a_signal(signal: str, code: int, name: str, traces: Traces) -> None:
    error, lines = failed(traces, f"kill -{signal} $$", init=True)
    assert (error.exit_code, error.signal, error.oom_kills) == (code, name, 0)
    assert f"exited with code {code} ({name}): the program was ended by the signal {name}." in lines[0]


def test_docker_kill(traces: Traces, engine: docker.APIClient) -> None:
    def kill() -> None:
        (container,) = wait_for("the container", lambda: traces.containers(running_only=True))
        engine.kill(container)

    threading.Thread(target=kill, daemon=True).start()
    error, _ = failed(traces, "exec sleep 60", mem_limit="32m")
    assert (error.exit_code, error.signal, error.oom_kills) == (137, "SIGKILL", 0)
    assert "memory" not in str(error)


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ("exit 125", 125, "the program itself gave the code that docker run gives when the engine fails"),
        ("touch /x; /x", 126, "a command was found but may not be executed"),
        ("no-such-command", 127, "a command was not found in the image"),
    ],
)
def test_the_codes_of_shells(script: str, code: int, words: str, traces: Traces) -> None:
    error, lines = failed(traces, script)
    assert error.exit_code == code
    assert words in error.explanation
    assert words in lines[0]


def test_a_plain_code_is_not_explained(traces: Traces) -> None:
    error, lines = failed(traces, "exit 3")
    assert (error.exit_code, error.explanation, error.engine_error) == (3, "", "")
    assert re.fullmatch("Container [0-9a-f]{12} exited with code 3.", lines[0])


@pytest.mark.parametrize(
    ("parameters", "kind", "words"),
    [
        (
            {"image": "busybox", "command": ["no-such-program"]},
            CommandNotFoundError,
            "executable file not found",
        ),
        (
            {"device_requests": [{"driver": "no-such", "capabilities": [["x"]]}]},
            EngineError,
            "could not select",
        ),
    ],
)
def test_the_engines_own_words(parameters: dict[str, Any], kind: Any, words: str, traces: Traces) -> None:
    """Of a container that could not be started: it never ran, and is no failed container."""
    with pytest.raises(kind, match=words):
        Task(traces.dag_id, **parameters).execute()
    assert traces.all() == {}


def test_the_end_of_stderr(traces: Traces) -> None:
    error, lines = failed(
        traces, "for n in $(seq 100); do echo line $n >&2; done; echo out; printf half >&2; exit 1"
    )
    expected = [f"line {number}" for number in range(82, 101)] + ["half"]
    assert error.stderr == expected
    assert lines[lines.index("  the end of stderr:") + 1 :] == [f"    {text}" for text in expected]


def test_the_end_of_a_long_line_on_stderr(traces: Traces) -> None:
    error, _ = failed(traces, "head -c 100000 /dev/zero | tr '\\0' x >&2; echo END >&2; exit 1")
    assert "".join(error.stderr).endswith("xEND")
    assert sum(map(len, error.stderr)) <= 4096


def test_a_terminal_has_no_stderr(traces: Traces) -> None:
    error, lines = failed(traces, "echo x >&2; exit 1", tty=True)
    assert error.stderr == []
    assert "  the end of stderr:" not in lines


def test_what_a_container_used(traces: Traces) -> None:
    """It holds 20 MB and is busy for 2 of its 4 s."""
    script = (
        "x=$(head -c 20000000 /dev/zero | tr '\\0' x); timeout 2 sh -c 'while :; do :; done'; sleep 2; "
        "echo ${#x}; exit 5"
    )
    error, lines = failed(traces, script, mem_limit="256m")
    assert error.started_at is not None
    assert error.finished_at is not None
    assert timedelta(seconds=3.5) < error.finished_at - error.started_at < timedelta(seconds=60)
    assert error.started_at.utcoffset() == timedelta(0)
    assert 20_000_000 < error.peak_memory < 256 << 20
    assert error.memory_limit == 256 << 20
    assert 0.5 < error.cpu_seconds < 10
    assert error.oom_kills == 0
    seconds = (error.finished_at - error.started_at).total_seconds()
    assert re.fullmatch(r"\S+Z to \S+Z, [\d.]+ s", line(lines, "ran"))
    assert f", {seconds:.3f} s" in line(lines, "ran")
    assert line(lines, "memory") == f"peak {error.peak_memory / (1 << 20):.1f} MiB, limit 256.0 MiB"
    assert line(lines, "CPU") == f"{error.cpu_seconds:.2f} s"


def test_a_short_container_is_told_of_without_what_nobody_saw(traces: Traces) -> None:
    error, lines = failed(traces, "exit 1")
    assert error.started_at
    assert error.finished_at
    assert [text.split()[0] for text in lines[1:]] == ["ran"]
    assert (error.peak_memory, error.cpu_seconds) == (0, 0)
