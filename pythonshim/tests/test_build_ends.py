"""How builds end before their time: killed, timed out, without their plugin. On the real engine."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
from airflow import __version__ as airflow_version
from build_task import BuildTask, has
from support import SHIM, Airflow, TaskProcess, Traces, in_a_thread, wait_for

from airdock.exceptions import (
    PluginDiedError,
    StoppedError,
)

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]


# The engine's steps are processes of this machine: the engine of the tests runs on it.


@pytest.fixture
def endless() -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """A Dockerfile with a step that never ends, and what runs of it."""
    mark = f"8{time.time_ns() // 1000 % 10**8:08}"

    def running() -> list[int]:
        wanted = [b"sleep", mark.encode(), b""]
        return [pid for pid, words in commands() if words == wanted]

    yield f"FROM bash\nRUN echo ready && sleep {mark}\n", running
    for pid in running():
        os.kill(pid, signal.SIGKILL)


def commands() -> Iterator[tuple[int, list[bytes]]]:
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                yield int(name), Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue


Endless = tuple[str, Callable[[], list[int]]]


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_on_kill_cancels_the_build_on_the_engine(
    builder: str, endless: Endless, tag: str, traces: Traces, engine: docker.APIClient
) -> None:
    text, running = endless
    task = BuildTask(traces.dag_id, dockerfile_inline=text, tags=[tag], builder=builder)
    thread, raised = in_a_thread(task.execute)
    wait_for("the step", running)
    start = time.monotonic()
    task.operator.on_kill()
    wait_for("the step's end", lambda: not running(), 5)
    print(f"cancelled after {time.monotonic() - start:.2f} s")
    thread.join(10)
    assert isinstance(raised[0], StoppedError), raised
    assert not has(engine, tag)
    task.operator.on_kill()


def test_on_kill_before_execute(tag: str, traces: Traces, engine: docker.APIClient) -> None:
    task = BuildTask(traces.dag_id, dockerfile_inline="FROM bash", tags=[tag])
    task.operator.on_kill()
    with pytest.raises(StoppedError):
        task.execute()
    assert not has(engine, tag)


def test_the_plugin_killed_in_mid_build(
    endless: Endless, tag: str, traces: Traces, engine: docker.APIClient
) -> None:
    text, running = endless
    task = BuildTask(traces.dag_id, dockerfile_inline=text, tags=[tag])

    def kill() -> None:
        wait_for("the step", running)
        for pid in traces.plugins():
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(PluginDiedError):
        task.execute()
    killer.join()
    wait_for("the step's end", lambda: not running(), 10)
    assert not has(engine, tag)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_task(
    number: signal.Signals,
    endless: Endless,
    tag: str,
    airflow: Airflow,
    traces: Traces,
    engine: docker.APIClient,
) -> None:
    text, running = endless
    task = airflow.tasks_test(traces, {"build": {"dockerfile_inline": text, "tags": [tag]}})
    task.wait_for_line("ready")
    wait_for("the step", running)
    os.kill(task.process.pid, number)
    start = time.monotonic()
    wait_for("the step's end", lambda: not running(), 10)
    print(f"cancelled after {time.monotonic() - start:.2f} s")
    task.wait(20)
    traces.wait_until_gone()
    assert not has(engine, tag)


def test_execution_timeout(
    endless: Endless, tag: str, airflow: Airflow, traces: Traces, engine: docker.APIClient
) -> None:
    text, running = endless
    build = {"dockerfile_inline": text, "tags": [tag]}
    task = airflow.tasks_test(traces, {"build": build, "execution_timeout": 4})
    wait_for("the step", running, 60)
    wait_for("the step's end", lambda: not running(), 15)
    task.wait(20)
    assert "AirflowTaskTimeout" in task.log()
    traces.wait_until_gone()
    assert not has(engine, tag)


@pytest.mark.skipif(airflow_version.startswith("2."), reason="Airflow 2 has no supervisor")
def test_a_task_that_its_supervisor_ends(
    endless: Endless, tag: str, airflow: Airflow, traces: Traces, engine: docker.APIClient
) -> None:
    """As when a worker is shut down: SIGTERM, and SIGKILL 5 s later."""
    text, running = endless
    parameters = {"build": {"dockerfile_inline": text, "tags": [tag]}}
    environment = airflow.environment(
        traces.folder,
        SHIM / "tests" / "dags",
        AIRDOCK_TEST_TASK=json.dumps({"dag_id": traces.dag_id, "parameters": parameters}),
    )
    command = [sys.executable, str(SHIM / "tests" / "supervised_task.py")]
    task = TaskProcess(command, environment, traces.folder / "task.log")
    task.wait_for_line("ready")
    wait_for("the step", running)
    task.process.send_signal(signal.SIGTERM)
    wait_for("the step's end", lambda: not running(), 5)
    traces.wait_until_gone()
    task.wait(20)
    assert "StoppedError" in task.log()
    assert not has(engine, tag)
