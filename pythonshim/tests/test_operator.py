from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.docker.operators.docker import DockerOperator as Official

from airdock.operators.docker import DockerOperator
from airdock.operators.run_request import Secrets, run_request


def test_a_parameter_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Exception, match="no_such_parameter"):
        DockerOperator(task_id="t", image="bash", no_such_parameter=1)


@pytest.mark.parametrize("value", ["always", "", None, True])
def test_auto_remove_has_three_values(value: Any) -> None:
    with pytest.raises(ValueError, match="auto_remove"):
        DockerOperator(task_id="t", image="bash", auto_remove=value)


def test_templates_are_the_official_ones_and_the_connection() -> None:
    ours = set(DockerOperator.template_fields)
    assert set(Official.template_fields) <= ours
    assert {"docker_url", "tls_ca_cert", "tls_client_cert", "tls_client_key"} <= ours
    assert tuple(DockerOperator.template_ext) == tuple(Official.template_ext)


def test_the_request() -> None:
    operator = DockerOperator(
        task_id="t",
        image="bash",
        command="ls -al /",
        entrypoint=["/entry"],
        environment={"A": 1},
        docker_url="tcp://e:2376",
        tls_ca_cert="/ca",
        container_name="name",
        auto_remove="success",
        mounts=[{"target": "/t", "source": "s"}],
        working_dir="/w",
        user=1000,
        network_mode="host",
        force_pull=True,
        timeout=7,
        mount_tmp_dir=False,
    )
    ti: Any = SimpleNamespace(dag_id="d", task_id="t", run_id="r", map_index=-1, try_number=1)
    with ExitStack() as stack:
        request = run_request(operator, ti, Secrets({}, {}), stack)
    assert request["key"].startswith("d.t.")
    assert request["origin"]["run-id"] == "r"
    assert request["engine"] == {
        "hosts": ["tcp://e:2376"],
        "timeout": "7s",
        "tls": {"ca": {"path": "/ca"}},
    }
    assert request["pull"] == "PULL_ALWAYS"
    assert request["remove"] == "REMOVE_SUCCESS"
    expected = {
        "image": "bash",
        "name": "name",
        "command": ["ls", "-al", "/"],
        "entrypoint": ["/entry"],
        "environment": ["A=1"],
        "user": "1000",
        "working_dir": "/w",
        "network_mode": "host",
        "mounts": [{"Type": "volume", "Target": "/t", "Source": "s"}],
    }
    assert {name: request["container"][name] for name in expected} == expected
    from airdock._protocol.airdock_pb2 import RunRequest
    from airdock.plugin.messages import fill

    message = fill(request, RunRequest())
    assert message.container.mounts[0]["Target"] == "/t"
    assert message.engine.timeout.seconds == 7


def test_on_kill_before_execute_is_remembered() -> None:
    from support import Task

    from airdock.exceptions import StoppedError

    task = Task("dag")
    task.operator.on_kill()
    with pytest.raises(StoppedError):
        task.execute()
