"""Runs on the real engine that are interrupted: by signals, exceptions, on_kill and a dead plugin."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from support import STUBBORN, Task, Traces, wait_for

from airdock.exceptions import PluginDiedError, StoppedError

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]


class Interrupted(BaseException):
    """As AirflowTaskTimeout and AirflowTaskTerminated: no Exception, and raised by a signal handler."""


@pytest.fixture
def alarm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a function: when the task has logged a line, call a handler in the main thread by a signal."""
    before = signal.getsignal(signal.SIGUSR1)

    def arm(task: Task, line: str, handler: Any) -> None:
        signal.signal(signal.SIGUSR1, lambda *_: handler())
        main = threading.main_thread().ident

        def strike() -> None:
            wait_for(line, lambda: any(line in record.split("\n") for record in task.log.lines()))
            assert main is not None
            signal.pthread_kill(main, signal.SIGUSR1)

        threading.Thread(target=strike, daemon=True).start()

    yield arm
    signal.signal(signal.SIGUSR1, before)


def raise_interrupted() -> None:
    raise Interrupted


def test_an_exception_in_the_middle_stops_the_container(traces: Traces, alarm: Any) -> None:
    task = Task(traces.dag_id, command=STUBBORN)
    alarm(task, "ready", raise_interrupted)
    with pytest.raises(Interrupted):
        task.execute()
    assert traces.all() == {}
    started = time.monotonic()
    task.operator.on_kill()  # as Airflow does after an execution_timeout
    assert time.monotonic() - started < 0.1


def test_on_kill_in_a_signal_handler_that_returns(traces: Traces, alarm: Any) -> None:
    """As Airflow 3 does it: the main thread goes on reading afterwards."""
    task = Task(traces.dag_id, command=STUBBORN)
    took: list[float] = []

    def handler() -> None:
        started = time.monotonic()
        task.operator.on_kill()
        task.operator.on_kill()
        took.append(time.monotonic() - started)

    alarm(task, "ready", handler)
    with pytest.raises(StoppedError, match="stopped on request"):
        task.execute()
    assert took[0] < 4.6, "Airflow 3 sends SIGKILL 5 s after SIGTERM"
    print(f"on_kill took {took[0]:.2f} s")


FLOOD = ["bash", "-c", "trap '' TERM; echo ready; while :; do echo a line of a flood; done"]


@pytest.mark.parametrize("raises", [False, True])
def test_on_kill_in_the_middle_of_a_flood(raises: bool, traces: Traces, alarm: Any) -> None:
    """While on_kill waits nobody reads the output, and the plugin cannot get rid of it."""
    task = Task(traces.dag_id, command=FLOOD)
    took: list[float] = []

    def handler() -> None:
        started = time.monotonic()
        task.operator.on_kill()
        took.append(time.monotonic() - started)
        if raises:
            raise Interrupted

    alarm(task, "ready", handler)
    # Python swallows an exception that a handler raises while it runs a weak reference's callback.
    with pytest.raises((Interrupted, StoppedError) if raises else StoppedError):
        task.execute()
    assert took[0] < 4.6
    print(f"on_kill took {took[0]:.2f} s")


def test_an_exception_in_the_middle_of_a_flood(traces: Traces, alarm: Any) -> None:
    task = Task(traces.dag_id, command=FLOOD)
    started: list[float] = []

    def handler() -> None:
        started.append(time.monotonic())
        raise Interrupted

    alarm(task, "ready", handler)
    with pytest.raises(Interrupted):
        task.execute()
    assert time.monotonic() - started[0] < 8


def test_on_kill_in_the_middle_of_a_pull_or_a_start(traces: Traces, alarm: Any) -> None:
    task = Task(traces.dag_id, command=STUBBORN, force_pull=True)
    alarm(task, "::endgroup::", task.operator.on_kill)
    with pytest.raises(StoppedError):
        task.execute()


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4])
@pytest.mark.parametrize("raises", [False, True])
def test_on_kill_at_any_moment(raises: bool, delay: float, traces: Traces) -> None:
    task = Task(traces.dag_id, command=STUBBORN)

    def handler(*_: object) -> None:
        task.operator.on_kill()
        if raises:
            raise Interrupted

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(delay, 0.001))
        with pytest.raises((StoppedError, Interrupted)):
            task.execute()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    traces.wait_until_gone()  # in the middle of its start nobody waits for the plugin's end


def test_on_kill_in_a_signal_handler_that_raises(traces: Traces, alarm: Any) -> None:
    """As Airflow 2 does it; the exception that Airflow raised stands."""
    task = Task(traces.dag_id, command=STUBBORN)

    def handler() -> None:
        task.operator.on_kill()
        raise Interrupted

    alarm(task, "ready", handler)
    with pytest.raises(Interrupted):
        task.execute()


def test_on_kill_from_another_thread(traces: Traces) -> None:
    task = Task(traces.dag_id, command=STUBBORN)

    def kill() -> None:
        wait_for("ready", lambda: "ready" in task.log.lines())
        task.operator.on_kill()

    thread = threading.Thread(target=kill)
    thread.start()
    with pytest.raises(StoppedError):
        task.execute()
    thread.join()


def test_a_second_interruption_in_the_middle_of_the_first(traces: Traces, alarm: Any) -> None:
    """The stop is broken off; the plugin, left alone, finishes it."""
    task = Task(traces.dag_id, command=STUBBORN)

    def twice() -> None:
        main = threading.main_thread().ident
        assert main is not None
        threading.Timer(0.5, signal.pthread_kill, (main, signal.SIGUSR1)).start()
        signal.signal(signal.SIGUSR1, lambda *_: raise_interrupted())
        raise Interrupted

    alarm(task, "ready", twice)
    with pytest.raises(Interrupted):
        task.execute()
    traces.wait_until_gone()


def test_a_killed_container_is_stopped_and_kept_when_nothing_is_to_be_removed(
    traces: Traces, engine: docker.APIClient, alarm: Any
) -> None:
    task = Task(traces.dag_id, command=STUBBORN, auto_remove="never")
    alarm(task, "ready", task.operator.on_kill)
    with pytest.raises(StoppedError):
        task.execute()
    assert traces.containers(running_only=True) == []
    (container,) = traces.containers()
    engine.remove_container(container, v=True)


def test_a_plugin_that_is_killed_leaves_no_container(traces: Traces, alarm: Any) -> None:
    task = Task(traces.dag_id, command=STUBBORN)

    def strike() -> None:
        for pid in traces.plugins():
            os.kill(pid, signal.SIGKILL)

    alarm(task, "ready", strike)
    with pytest.raises(PluginDiedError, match="SIGKILL"):
        task.execute()
