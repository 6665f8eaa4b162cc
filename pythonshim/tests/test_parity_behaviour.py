"""What parameters do that are no option of a container: both operators, side by side."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from airflow.exceptions import AirflowSkipException
from docker.types import Mount
from registry_server import PASSWORD, USER, PrivateRegistry, forget
from side_by_side import SideBySide, succeeded

from airdock.exceptions import (
    ContainerFailedError,
    ImageNotFoundError,
    PullDeniedError,
    PullFailedError,
)

pytestmark = pytest.mark.engine


def sh(script: str) -> dict[str, Any]:
    return {"command": ["sh", "-c", script]}


def test_xcom_all(both: SideBySide) -> None:
    script = sh("echo a; echo 'b  '; echo; echo d")
    official, ours = both(**script, xcom_all=True)
    assert official.result == ours.result == ["a", "b", "", "d"]
    official, ours = both(**script)
    assert official.result == ours.result == "d"
    official, ours = both(command="true", xcom_all=True)
    assert official.result is ours.result is None
    official, ours = both(**script, do_xcom_push=False)
    assert official.result is ours.result is None


def test_the_result_is_of_stdout_alone(both: SideBySide) -> None:
    script = sh("echo out; sleep 0.3; echo err >&2; sleep 0.3")
    official, ours = both(**script)
    assert (official.result, ours.result) == ("err", "out")
    official, ours = both(**script, xcom_all=True)
    assert (official.result, ours.result) == (["out", "err"], ["out"])


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRegistry]:
    with PrivateRegistry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


def connection(registry: PrivateRegistry, password: str) -> str:
    return f"docker://{USER}:{password}@{registry.address}"


def test_docker_conn_id(
    both: SideBySide, registry: PrivateRegistry, engine: docker.APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_RIGHT", connection(registry, PASSWORD))
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", connection(registry, "wrong"))
    image = registry.push(engine, "busybox")
    try:
        official, ours = both(image=image, docker_conn_id="wrong")
        assert official.error
        assert isinstance(ours.error, PullDeniedError)
        succeeded(*both(image=image, docker_conn_id="right", force_pull=True))
        official, ours = both(image=image, docker_conn_id="wrong")  # which is there by now
        assert official.error, "it logs in first, whatever is to be done"
        succeeded(ours)
    finally:
        forget(engine, image)


def test_force_pull(
    both: SideBySide, registry: PrivateRegistry, engine: docker.APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an engine that finds out in the middle of its answer that it cannot pull."""
    monkeypatch.setenv("AIRFLOW_CONN_RIGHT", connection(registry, PASSWORD))
    image = registry.push_random(engine, "stale")
    registry.lose_layers()
    engine.tag("busybox", image.rpartition(":")[0], "1")
    try:
        official, ours = both(image=image, docker_conn_id="right", force_pull=True)
        succeeded(official)  # with the old image
        assert isinstance(ours.error, (PullFailedError, ImageNotFoundError))
    finally:
        forget(engine, image)


@pytest.mark.parametrize(
    ("policy", "code", "kept"),
    [
        ("never", 0, (True, True)),
        ("never", 3, (True, True)),
        ("success", 0, (False, False)),
        ("success", 3, (False, True)),
        ("force", 0, (False, False)),
        ("force", 3, (False, False)),
    ],
)
def test_auto_remove(policy: str, code: int, kept: tuple[bool, bool], both: SideBySide) -> None:
    official, ours = both(**sh(f"exit {code}"), auto_remove=policy)
    assert (official.kept, ours.kept) == kept
    assert bool(official.error) == bool(ours.error) == bool(code)
    assert not code or isinstance(ours.error, ContainerFailedError)


def test_anonymous_volumes_are_removed_with_the_container(both: SideBySide, engine: docker.APIClient) -> None:
    def volumes() -> set[str]:
        return {volume["Name"] for volume in engine.volumes(filters={"label": mark})["Volumes"] or []}

    mark = f"dev.airdock.test={os.getpid()}"
    name, _, value = mark.partition("=")
    succeeded(*both(auto_remove="force", mounts=[Mount("/data", None, labels={name: value})]))
    left = volumes()
    for volume in left:
        engine.remove_volume(volume)
    assert len(left) == 1, "the official operator's"


PICKLED = "printf '" + "".join(f"\\{byte:03o}" for byte in pickle.dumps({"a": [1, "ä"]})) + "' > /result"


@pytest.mark.parametrize(
    ("script", "result"), [(PICKLED, {"a": [1, "ä"]}), ("true", None), (": > /result", None)]
)
def test_retrieve_output(script: str, result: Any, both: SideBySide) -> None:
    output = {"retrieve_output": True, "retrieve_output_path": "/result", "do_xcom_push": False}
    official, ours = both(**sh(script), **output)
    succeeded(official, ours)
    assert official.result == ours.result == result


@pytest.mark.parametrize(
    ("skip", "code", "skipped"),
    [
        (7, 7, True),
        ([3, 7], 7, True),
        (range(5, 8), 7, True),
        ({7}, 4, False),
        (None, 1, False),
        (0, 0, True),
    ],
)
def test_skip_on_exit_code(skip: Any, code: int, skipped: bool, both: SideBySide) -> None:
    for outcome in both(**sh(f"exit {code}"), skip_on_exit_code=skip):
        assert outcome.error
        assert isinstance(outcome.error, AirflowSkipException) is skipped


def test_kwargs(both: SideBySide) -> None:
    """Those of every operator of Airflow."""
    succeeded(*both(retries=2, execution_timeout=None, doc_md="text", do_xcom_push=False))
    for outcome in both(no_such_parameter=1):
        assert "no_such_parameter" in str(outcome.error)
    for outcome in both(auto_remove="always"):
        assert isinstance(outcome.error, ValueError)
    for outcome in both(port_bindings={80: 80}, network_mode="host"):
        assert isinstance(outcome.error, ValueError)


@pytest.mark.parametrize(
    ("parameters", "path", "value"),
    [
        ({"mem_limit": 1e8}, "HostConfig.Memory", 100_000_000),
        ({"log_opts_max_file": 3, "log_opts_max_size": "1m"}, "HostConfig.LogConfig.Config.max-file", "3"),
        ({"labels": {"a": 1}}, "Config.Labels.a", "1"),
        ({"dns": "10.0.0.53"}, "HostConfig.Dns", ["10.0.0.53"]),
        ({"dns_search": "example.org"}, "HostConfig.DnsSearch", ["example.org"]),
    ],
)
def test_what_the_engine_refuses_of_the_official_operator(
    parameters: dict[str, Any], path: str, value: Any, both: SideBySide
) -> None:
    official, ours = both(**parameters)
    assert official.error
    succeeded(ours)
    assert ours.facts()[path] == value


def test_private_environment(both: SideBySide) -> None:
    """Ours is templated."""
    official, ours = both(private_environment={"A": "{{ ti.run_id }}"})
    assert "A={{ ti.run_id }}" in official.facts()["Config.Env"]
    assert "A=run" in ours.facts()["Config.Env"]


def test_container_name_and_labels(both: SideBySide) -> None:
    """By default ours say which task instance a container belongs to."""
    official, ours = both(labels={"a": "b"})
    assert official.container["Config"]["Labels"] == {"a": "b"}
    labels = ours.container["Config"]["Labels"]
    assert labels.pop("a") == "b"
    assert labels.pop("dev.airdock.key").startswith("test_container_name_and_labels-")
    assert {name: labels[f"dev.airdock.{name}"] for name in ("task-id", "run-id", "try-number")} == {
        "task-id": "task",
        "run-id": "run",
        "try-number": "1",
    }
    assert "-task-" in ours.container["Name"]
