from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.docker.operators.docker import DockerOperator as Official

from airdock._protocol.airdock_pb2 import RunRequest
from airdock.operators.docker import DockerOperator
from airdock.plugin.messages import fill


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


def test_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    operator = DockerOperator(
        task_id="t",
        image="bash",
        command="ls -al /",
        entrypoint=["/entry"],
        environment={"A": 1},
        private_environment={"B": 2},
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
    request = asked(operator, monkeypatch)
    assert request["key"].startswith("d.t.")
    assert request["origin"]["run-id"] == "r"
    assert request["engine"]["parameters"] == {
        "docker_url": "tcp://e:2376",
        "timeout": 7,
        "tls_ca_cert": "/ca",
    }
    expected = {
        "image": "bash",
        "container_name": "name",
        "command": ["ls", "-al", "/"],
        "entrypoint": ["/entry"],
        "environment": {"A": "1"},
        "private_environment": {"B": "2"},
        "user": 1000,
        "working_dir": "/w",
        "network_mode": "host",
        "mounts": [{"target": "/t", "source": "s"}],
        "auto_remove": "success",
        "force_pull": True,
        "mount_tmp_dir": False,
    }
    assert {name: request["parameters"][name] for name in expected} == expected
    message = fill(request, RunRequest())
    assert message.parameters["mounts"][0]["target"] == "/t"
    assert message.engine.parameters["timeout"] == 7


def asked(operator: DockerOperator, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the request that an operator makes a call of."""
    requests: list[dict[str, Any]] = []

    class Refused(Exception):
        pass

    def refuse(operation: str, request: dict[str, Any], *_: Any, **__: Any) -> None:
        requests.append(request)
        raise Refused

    monkeypatch.setattr("airdock.operators.engine_task.Call", refuse)
    ti = SimpleNamespace(dag_id="d", task_id="t", run_id="r", map_index=-1, try_number=1)
    with pytest.raises(Refused):
        operator.execute({"ti": ti})
    return requests[0]


def test_on_kill_before_execute_is_remembered() -> None:
    from support import Task

    from airdock.exceptions import StoppedError

    task = Task("dag")
    task.operator.on_kill()
    with pytest.raises(StoppedError):
        task.execute()
