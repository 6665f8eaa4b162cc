"""What becomes of a container, and which image it gets."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import docker
import pytest
from registry_server import PASSWORD, USER, PrivateRegistry, forget
from support import STUBBORN, Airflow, Task, Traces, sh, wait_for

from airdock._compat import AirflowFailException
from airdock.exceptions import (
    ContainerFailedError,
    ImageNotFoundError,
    RegistryUnreachableError,
    RunTimeoutError,
    StoppedError,
)

pytestmark = pytest.mark.engine

WAITS = ["bash", "-c", "echo ready; exec sleep 600"]


def when_ready(task: Task, do: Callable[[], object]) -> None:
    """Do something on another thread once the container has said that it is ready."""

    def wait() -> None:
        wait_for("ready", lambda: "ready" in task.log.lines())
        do()

    threading.Thread(target=wait, daemon=True).start()


def only(traces: Traces, engine: docker.APIClient) -> dict[str, Any]:
    (container,) = traces.containers()
    return dict(engine.inspect_container(container))


# auto_remove.


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        ("never", {"succeeded": True, "failed": True, "killed": True}),
        ("success", {"succeeded": False, "failed": True, "killed": True}),
        ("force", {"succeeded": False, "failed": False, "killed": False}),
    ],
)
@pytest.mark.parametrize("end", ["succeeded", "failed", "killed"])
def test_auto_remove(
    policy: str, kept: dict[str, bool], end: str, traces: Traces, engine: docker.APIClient
) -> None:
    """Killed means by someone else: docker kill, or the kernel."""
    commands = {"succeeded": sh("exit 0"), "failed": sh("exit 1"), "killed": WAITS}
    task = Task(traces.dag_id, command=commands[end], auto_remove=policy)
    if end == "killed":
        when_ready(task, lambda: engine.kill(traces.containers()[0]))
    if end == "succeeded":
        task.execute()
    else:
        with pytest.raises(ContainerFailedError) as raised:
            task.execute()
        assert raised.value.exit_code == {"failed": 1, "killed": 137}[end]
    assert len(traces.containers()) == kept[end]


@pytest.mark.parametrize(
    ("action", "policy", "left"),
    [
        ("stop_container", "never", "exited"),
        ("stop_container", "success", None),
        ("stop_container", "force", None),
        ("delete_container", "never", None),
        ("keep_container", "never", "running"),
        ("keep_container", "force", "running"),
    ],
)
def test_on_kill_action(
    action: str, policy: str, left: str | None, traces: Traces, engine: docker.APIClient
) -> None:
    task = Task(traces.dag_id, command=WAITS, auto_remove=policy, on_kill_action=action)
    when_ready(task, task.operator.on_kill)
    with pytest.raises(StoppedError):
        task.execute()
    assert len(traces.containers()) == bool(left)
    if left:
        assert only(traces, engine)["State"]["Status"] == left
    assert traces.plugins() == []


@pytest.mark.parametrize(("action", "left"), [("stop_container", None), ("keep_container", "running")])
def test_a_task_that_is_lost(
    action: str, left: str | None, airflow: Airflow, traces: Traces, engine: docker.APIClient
) -> None:
    """SIGKILL to the whole task: the plugin acts by itself."""
    task = airflow.tasks_test(traces, {"command": STUBBORN, "on_kill_action": action})
    task.wait_for_line("ready")
    os.killpg(task.process.pid, signal.SIGKILL)
    task.wait()
    wait_for("the plugin to end", lambda: not traces.plugins())
    if left:
        assert only(traces, engine)["State"]["Status"] == left
    else:
        assert traces.all() == {}


# run_timeout.


@pytest.mark.parametrize(("policy", "left"), [("force", None), ("never", "exited"), ("success", "exited")])
def test_run_timeout(policy: str, left: str | None, traces: Traces, engine: docker.APIClient) -> None:
    task = Task(
        traces.dag_id,
        command=sh("trap 'echo last words; exit 0' TERM; echo ready; while :; do sleep 0.1; done"),
        run_timeout=1.5,
        auto_remove=policy,
    )
    with pytest.raises(RunTimeoutError, match=r"longer than its run_timeout of 1.5s") as raised:
        task.execute()
    assert not isinstance(raised.value, AirflowFailException), "another try may be quicker"
    assert task.log.lines("info")[-2:] == ["ready", "last words"]
    assert len(traces.containers()) == bool(left)
    if left:
        assert only(traces, engine)["State"]["Status"] == left


def test_run_timeout_of_a_container_that_does_not_listen(traces: Traces) -> None:
    task = Task(
        traces.dag_id, command=STUBBORN, run_timeout=timedelta(seconds=1), stop_timeout=timedelta(seconds=1)
    )
    with pytest.raises(RunTimeoutError):
        task.execute()
    assert "ready" in task.log.lines()
    assert traces.all() == {}


def test_a_run_within_its_timeout(traces: Traces) -> None:
    assert Task(traces.dag_id, command=sh("echo x"), run_timeout=60).execute() == "x"


def test_stop_signal_and_timeout(traces: Traces, engine: docker.APIClient) -> None:
    script = "trap 'exit 9' INT; trap '' TERM; echo ready; while :; do sleep 0.1; done"
    task = Task(traces.dag_id, command=sh(script), stop_signal="SIGINT", stop_timeout=4, auto_remove="never")
    when_ready(task, task.operator.on_kill)
    with pytest.raises(StoppedError):
        task.execute()
    assert only(traces, engine)["State"]["ExitCode"] == 9


# skip_on_exit_code.


@pytest.mark.parametrize(("skip", "state"), [([3, 7], "skipped"), ([3], "failed")])
def test_skip_on_exit_code(skip: Any, state: str, airflow: Airflow, traces: Traces) -> None:
    task = airflow.tasks_test(traces, {"command": sh("exit 7"), "skip_on_exit_code": skip})
    task.wait()
    ended = re.search(
        r"(?:Marking task as |final_state=|state[=:] ?)'?(SKIPPED|FAILED)", task.log(), re.IGNORECASE
    )
    assert ended, task.log()
    assert ended[1].lower() == state, task.log()
    assert traces.all() == {}


# image_pull_policy.


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRegistry]:
    with PrivateRegistry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture
def image(
    registry: PrivateRegistry, engine: docker.APIClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """An image that only the registry has."""
    monkeypatch.setenv("AIRFLOW_CONN_REGISTRY", f"docker://{USER}:{PASSWORD}@{registry.address}")
    image = registry.push(engine, "busybox")
    yield image
    forget(engine, image)


def image_of(traces: Traces, engine: docker.APIClient, image: str, policy: str | None, **more: Any) -> str:
    """Run a container and return the id of the image that it got."""
    parameters = {"image": image, "image_pull_policy": policy, "docker_conn_id": "registry"} | more
    Task(traces.dag_id, command=["true"], auto_remove="never", **parameters).execute()
    found = only(traces, engine)
    engine.remove_container(found["Id"], v=True)
    return str(found["Image"])


def test_pull_policies(
    image: str, registry: PrivateRegistry, traces: Traces, engine: docker.APIClient
) -> None:
    old, new = (engine.inspect_image(name)["Id"] for name in ("busybox", "bash"))
    with pytest.raises(ImageNotFoundError):
        image_of(traces, engine, image, "never")
    assert traces.all() == {}
    assert image_of(traces, engine, image, None) == old
    assert image_of(traces, engine, image, "never") == old
    assert registry.push(engine, "bash", image) == image
    engine.tag("busybox", image.rpartition(":")[0], "1")
    assert image_of(traces, engine, image, "missing") == old
    assert image_of(traces, engine, image, "missing", force_pull=True) == old, "the policy says more"
    assert image_of(traces, engine, image, None, force_pull=True) == new
    engine.tag("busybox", image.rpartition(":")[0], "1")
    assert image_of(traces, engine, image, "always") == new


@pytest.mark.parametrize("policy", ["missing", "never"])
def test_an_image_that_is_there_is_not_asked_for(
    policy: str, traces: Traces, engine: docker.APIClient
) -> None:
    name = f"127.0.0.1:1/test-{os.getpid()}"
    engine.tag("busybox", name, "1")
    try:
        image_of(traces, engine, f"{name}:1", policy, docker_conn_id=None)
        with pytest.raises(RegistryUnreachableError):
            image_of(traces, engine, f"{name}:1", "always", docker_conn_id=None)
    finally:
        forget(engine, f"{name}:1")
