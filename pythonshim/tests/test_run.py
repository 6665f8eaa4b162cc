"""Runs on the real engine, by the operator's execute itself."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from support import STUBBORN, Task, Traces, wait_for, wait_until_threads_end

from airdock.exceptions import ContainerFailedError, PluginDiedError, StoppedError

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def nothing_stays(traces: Traces) -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert traces.all() == {}
    wait_until_threads_end(before)


def sh(script: str) -> list[str]:
    return ["bash", "-c", script]


def test_what_the_container_prints_is_what_the_log_shows(traces: Traces) -> None:
    task = Task(traces.dag_id, command=sh("echo '  one  '; echo two >&2; printf '%s\\n' three; printf end"))
    assert task.execute() == "end"
    lines = task.log.lines("info")
    assert lines[0].startswith("Container ")
    assert os.environ["DOCKER_HOST"] in lines[0]
    assert [line for line in lines[1:] if not line.startswith("[stderr]")] == ["  one  ", "three", "end"]
    assert [line for line in lines[1:] if line.startswith("[stderr]")] == ["[stderr] two"]


@pytest.mark.parametrize(
    ("script", "parameters", "result"),
    [
        ("echo a; echo b; echo c >&2", {}, "b"),
        ("echo a; echo b", {"xcom_all": True}, ["a", "b"]),
        ("echo a", {"do_xcom_push": False}, None),
        ("true", {}, None),
        ("true", {"xcom_all": True}, None),
    ],
)
def test_results(script: str, parameters: dict[str, Any], result: Any, traces: Traces) -> None:
    assert Task(traces.dag_id, command=sh(script), **parameters).execute() == result


def test_parameters_reach_the_container(traces: Traces, engine: docker.APIClient) -> None:
    task = Task(
        traces.dag_id,
        command="bash -c 'echo $A $B $(pwd) $(id -u); ls -d /data /ram'",
        environment={"A": "a b", "B": 2},
        working_dir="/usr",
        user=12,
        network_mode="none",
        mounts=[
            docker.types.Mount("/data", None),
            {"target": "/ram", "type": "tmpfs", "tmpfs_size": "1m"},
        ],
        container_name=f"named-{os.getpid()}",
        auto_remove="never",
        xcom_all=True,
    )
    assert task.execute() == ["a b 2 /usr 12", "/data", "/ram"]
    (container,) = traces.containers()
    found = engine.inspect_container(container)
    assert found["Name"] == f"/named-{os.getpid()}"
    assert found["HostConfig"]["NetworkMode"] == "none"
    assert found["Config"]["Labels"]["dev.airdock.dag-id"] == traces.dag_id
    assert found["Config"]["Labels"]["dev.airdock.try-number"] == "1"
    engine.remove_container(container, v=True)


@pytest.mark.parametrize(
    ("auto_remove", "code", "kept"),
    [
        ("never", 0, True),
        ("never", 3, True),
        ("success", 0, False),
        ("success", 3, True),
        ("force", 0, False),
        ("force", 3, False),
    ],
)
def test_removal(auto_remove: str, code: int, kept: bool, traces: Traces, engine: docker.APIClient) -> None:
    task = Task(traces.dag_id, command=sh(f"exit {code}"), auto_remove=auto_remove)
    if code:
        with pytest.raises(ContainerFailedError):
            task.execute()
    else:
        task.execute()
    containers = traces.containers()
    assert len(containers) == kept
    for container in containers:
        engine.remove_container(container, v=True)


def test_a_container_that_fails(traces: Traces) -> None:
    task = Task(traces.dag_id, command=sh("for n in $(seq 30); do echo $n >&2; done; exit 3"))
    with pytest.raises(ContainerFailedError) as raised:
        task.execute()
    assert raised.value.exit_code == 3
    assert raised.value.stderr == [str(n) for n in range(11, 31)]
    assert len(raised.value.container_id) == 64
    assert "code 3" in str(raised.value)
    (logged,) = task.log.lines("error")
    assert logged.startswith(str(raised.value))


def test_force_pull_shows_a_few_lines_of_progress(traces: Traces) -> None:
    task = Task(traces.dag_id, command="true", force_pull=True)
    task.execute()
    lines = task.log.lines("info")
    assert lines[0].startswith("::group::Pulling image bash")
    assert "::endgroup::" in lines
    assert len(lines) < 12


def test_two_lines_appear_when_they_are_printed(traces: Traces) -> None:
    task = Task(traces.dag_id, command=sh("echo first; sleep 2; echo last"))
    arrived: list[float] = []
    plain_info = task.log.__getattr__("info")
    task.log.info = lambda message, *args: (  # type: ignore[method-assign, attr-defined]
        arrived.append(time.monotonic()) if args in (("first",), ("last",)) else None,
        plain_info(message, *args),
    )
    task.execute()
    first, last = arrived
    assert 1.5 < last - first < 3.5


# Ends by other means than the container's own.


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
            wait_for(line, lambda: line in task.log.lines())
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
