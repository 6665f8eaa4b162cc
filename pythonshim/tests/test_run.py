"""Runs on the real engine, by the operator's execute itself."""

from __future__ import annotations

import os
import time
from typing import Any

import docker
import pytest
from support import Task, Traces, sh

from airdock.exceptions import ContainerFailedError

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]


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
