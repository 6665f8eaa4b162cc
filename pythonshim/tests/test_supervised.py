"""A task as a worker of Airflow 3 runs it: killed by its supervisor, which allows 5 s after SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest
from airflow import __version__ as airflow_version
from support import SHIM, STUBBORN, Airflow, TaskProcess, Traces

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(airflow_version.startswith("2."), reason="Airflow 2 has no supervisor"),
]


@pytest.fixture
def task(airflow: Airflow, traces: Traces) -> TaskProcess:
    described = json.dumps({"dag_id": traces.dag_id, "parameters": {"command": STUBBORN}})
    environment = airflow.environment(
        traces.folder,
        SHIM / "tests" / "dags",
        AIRDOCK_TEST_TASK=described,
        AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL="1",
    )
    command = [sys.executable, str(SHIM / "tests" / "supervised_task.py")]
    task = TaskProcess(command, environment, traces.folder / "task.log")
    task.wait_for_line("ready")
    traces.assert_running()
    return task


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_state_is_changed_from_outside(task: TaskProcess, airflow: Airflow, traces: Traces) -> None:
    """As by "mark failed" in the UI: the supervisor sends SIGTERM, and SIGKILL 5 s later."""
    with sqlite3.connect(airflow.home / "airflow.db", timeout=10) as database:
        database.execute("update task_instance set state = 'failed' where dag_id = ?", (traces.dag_id,))
    task.wait_for_line("Terminating process")
    traces.wait_until_gone()
    task.wait(20)
    assert "escalating" not in task.log(), "the task needed SIGKILL"


def test_sigterm_to_the_supervisor(task: TaskProcess, traces: Traces) -> None:
    """As when a worker's pod is shut down."""
    task.process.send_signal(signal.SIGTERM)
    traces.wait_until_gone()
    task.wait(20)
    assert "StoppedError" in task.log()


def test_sigkill_to_the_task_alone(task: TaskProcess, traces: Traces) -> None:
    (child,) = children(task.process.pid)
    os.kill(child, signal.SIGKILL)
    traces.wait_until_gone()
    task.wait(20)


def test_sigkill_to_supervisor_and_task(task: TaskProcess, traces: Traces) -> None:
    """As when a worker is lost. The task has a process group of its own."""
    (child,) = children(task.process.pid)
    os.kill(task.process.pid, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    traces.wait_until_gone()
    task.wait()
