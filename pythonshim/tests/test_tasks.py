"""Whole tasks, by ``airflow tasks test``, on the real engine."""

from __future__ import annotations

import os
import re
import signal
from typing import Any

import docker
import pytest
from support import STUBBORN, Airflow, TaskProcess, Traces, as_variables, sh

pytestmark = pytest.mark.engine


@pytest.fixture
def tutorial(traces: Traces, engine: docker.APIClient) -> Traces:
    return Traces("tutorial-provider-docker-run", traces.folder, engine)


def check_tutorial(task: TaskProcess, traces: Traces) -> None:
    assert task.wait() == 0, task.log()
    for name in ("bin", "etc", "usr"):  # lines of ls -al /, whole and unchanged
        assert re.search(rf"\b[dl]r[-rwx]{{8}} .* {name}\b", task.log()), task.log()
    assert traces.all() == {}


def test_the_tutorial_with_the_engine_of_the_environment(airflow: Airflow, tutorial: Traces) -> None:
    check_tutorial(airflow.tasks_test(tutorial, task="call-docker-run"), tutorial)


def test_the_tutorial_with_the_engine_of_variables(
    airflow: Airflow, tutorial: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_variables(monkeypatch)
    check_tutorial(airflow.tasks_test(tutorial, task="call-docker-run"), tutorial)


def test_a_proxys_ca_bundle_changes_nothing(airflow: Airflow, tutorial: Traces) -> None:
    bundle = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), "/etc/ssl/certs/ca-certificates.crt")
    check_tutorial(airflow.tasks_test(tutorial, task="call-docker-run", **bundle), tutorial)


def test_a_line_is_in_the_log_before_the_container_ends(airflow: Airflow, traces: Traces) -> None:
    task = airflow.tasks_test(traces, {"command": sh("echo the first line; sleep 5; echo the last line")})
    task.wait_for_line("the first line")
    assert len(traces.containers(running_only=True)) == 1
    assert "the last line" not in task.log()
    assert task.wait() == 0
    assert "the last line" in task.log()
    assert traces.all() == {}


def test_a_failure_that_no_retry_can_help_fails_the_task_at_once(airflow: Airflow, traces: Traces) -> None:
    task = airflow.tasks_test(traces, {"image": "", "command": "true", "retries": 3})
    task.wait()
    assert "no image is named" in task.log()
    assert "InvalidRequestError" in task.log()
    assert not re.search(r"up.for.retry", task.log(), re.IGNORECASE)
    assert traces.all() == {}


# Kill. Each with a container that ignores SIGTERM.


def test_sigterm_to_the_task(airflow: Airflow, traces: Traces) -> None:
    task = airflow.tasks_test(traces, {"command": STUBBORN})
    task.wait_for_line("ready")
    traces.assert_running()
    task.process.send_signal(signal.SIGTERM)
    traces.wait_until_gone()
    task.wait(20)
    assert re.search("StoppedError|AirflowTaskTerminated", task.log()), task.log()


def test_sigterm_to_a_task_whose_logger_is_busy(airflow: Airflow, traces: Traces) -> None:
    """The signal interrupts a logger that holds its lock: on_kill must not need it."""
    script = "trap '' TERM; echo ready; while :; do echo a line of a flood; done"
    task = airflow.tasks_test(traces, {"command": sh(script)})
    task.wait_for_line("ready")
    traces.assert_running()
    task.process.send_signal(signal.SIGTERM)
    traces.wait_until_gone()
    task.wait(20)


def test_sigkill_to_the_task(airflow: Airflow, traces: Traces) -> None:
    task = airflow.tasks_test(traces, {"command": STUBBORN})
    task.wait_for_line("ready")
    traces.assert_running()
    os.killpg(task.process.pid, signal.SIGKILL)
    task.wait()
    traces.wait_until_gone()


def test_sigkill_to_the_plugin(airflow: Airflow, traces: Traces) -> None:
    task = airflow.tasks_test(traces, {"command": STUBBORN})
    task.wait_for_line("ready")
    traces.assert_running()
    for pid in traces.plugins():
        os.kill(pid, signal.SIGKILL)
    traces.wait_until_gone()
    task.wait(20)
    assert "PluginDiedError" in task.log()


def test_execution_timeout(airflow: Airflow, traces: Traces) -> None:
    task = airflow.tasks_test(traces, {"command": STUBBORN, "execution_timeout": 3})
    task.wait_for_line("ready")
    traces.assert_running()
    task.wait_for_line("timed out")
    traces.wait_until_gone()
    task.wait(20)
    assert "AirflowTaskTimeout" in task.log()


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.45])
def test_execution_timeout_at_any_moment(airflow: Airflow, traces: Traces, seconds: float) -> None:
    """Also while the plugin starts, grpc is imported, the container is created."""
    parameters: dict[str, Any] = {"command": STUBBORN, "execution_timeout": seconds}
    task = airflow.tasks_test(traces, parameters)
    task.wait()
    traces.wait_until_gone()
    assert "AirflowTaskTimeout" in task.log()
