"""Logins for registries: from Airflow's connections, from the docker CLI's configuration, and none."""

from __future__ import annotations

import base64
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from registry_server import PASSWORD, USER, PrivateRegistry, forget
from support import Task, Traces

from airdock.exceptions import (
    CommandNotFoundError,
    CredentialsUnavailableError,
    InvalidRequestError,
    PullDeniedError,
    PullStalledError,
)

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRegistry]:
    with PrivateRegistry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture
def image(registry: PrivateRegistry, engine: docker.APIClient) -> Iterator[str]:
    """An image that only the registry has."""
    image = registry.push(engine, "busybox")
    yield image
    forget(engine, image)


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The docker CLI's folder for this test, and in its bin a place for helpers."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return tmp_path


def login(registry: PrivateRegistry, password: str = PASSWORD) -> str:
    return f"docker://{USER}:{password}@{registry.address}"


def auths(registry: PrivateRegistry, password: str = PASSWORD) -> dict[str, Any]:
    return {registry.address: {"auth": base64.b64encode(f"{USER}:{password}".encode()).decode()}}


def helper(config: Path, body: str) -> None:
    """Make the credential helper ``airdock-test`` a shell script."""
    path = config / "bin" / "docker-credential-airdock-test"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def knows(registry: PrivateRegistry) -> str:
    answer = {"ServerURL": registry.address, "Username": USER, "Secret": PASSWORD}
    return (
        f'read server; echo "$1 $server" >> "$DOCKER_CONFIG/asked"; '
        f"if [ \"$server\" = '{registry.address}' ]; then echo '{json.dumps(answer)}'; "
        f"else echo 'credentials not found in native keychain'; exit 1; fi"
    )


def run(traces: Traces, image: str, **parameters: Any) -> Task:
    task = Task(traces.dag_id, image=image, command=["echo", "pulled"], **parameters)
    try:
        assert task.execute() == "pulled"
    finally:
        assert traces.all() == {}
        assert PASSWORD not in str(task.log.records)
    return task


# Airflow's connections.


@pytest.mark.parametrize("ids", ["right", ["right"], ["elsewhere", "right"], ["right", "wrong"]])
def test_connections(
    ids: Any, image: str, registry: PrivateRegistry, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image's registry decides which one is used; of two for the same registry the first."""
    monkeypatch.setenv("AIRFLOW_CONN_RIGHT", login(registry))
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", login(registry, "wrong"))
    monkeypatch.setenv("AIRFLOW_CONN_ELSEWHERE", "docker://someone:else@registry.example:5000")
    run(traces, image, docker_conn_id=ids)


@pytest.mark.parametrize("host", ["http://{}", "https://{}/v2/", "{}/"])
def test_an_address_as_a_url(
    host: str, image: str, registry: PrivateRegistry, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = {
        "conn_type": "docker",
        "host": host.format(registry.address),
        "login": USER,
        "password": PASSWORD,
    }
    monkeypatch.setenv("AIRFLOW_CONN_RIGHT", json.dumps(described))
    run(traces, image, docker_conn_id="right")


def test_a_wrong_password(
    image: str, registry: PrivateRegistry, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", login(registry, "wrong-word"))
    with pytest.raises(PullDeniedError, match="give a login") as raised:
        run(traces, image, docker_conn_id="wrong")
    assert "wrong-word" not in str(raised.value)


def test_a_connection_goes_before_the_configuration(
    image: str, registry: PrivateRegistry, config: Path, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    (config / "config.json").write_text(json.dumps({"auths": auths(registry)}))
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", login(registry, "wrong"))
    with pytest.raises(PullDeniedError):
        run(traces, image, docker_conn_id="wrong")
    monkeypatch.setenv("AIRFLOW_CONN_ELSEWHERE", "docker://someone:else@registry.example")
    run(traces, image, docker_conn_id="elsewhere")


# The docker CLI's configuration.


def test_auths(image: str, registry: PrivateRegistry, config: Path, traces: Traces) -> None:
    (config / "config.json").write_text(json.dumps({"auths": auths(registry)}))
    run(traces, image)


def test_auths_with_a_wrong_password(
    image: str, registry: PrivateRegistry, config: Path, traces: Traces
) -> None:
    (config / "config.json").write_text(json.dumps({"auths": auths(registry, "wrong")}))
    with pytest.raises(PullDeniedError):
        run(traces, image)


@pytest.mark.parametrize("kind", ["credHelpers", "credsStore"])
def test_helpers(kind: str, image: str, registry: PrivateRegistry, config: Path, traces: Traces) -> None:
    helper(config, knows(registry))
    value = "airdock-test" if kind == "credsStore" else {registry.address: "airdock-test"}
    (config / "config.json").write_text(json.dumps({kind: value}))
    run(traces, image)
    assert (config / "asked").read_text().splitlines() == [f"get {registry.address}"]


def test_the_helper_of_another_registry_is_not_asked(
    image: str, registry: PrivateRegistry, config: Path, traces: Traces
) -> None:
    helper(config, knows(registry))
    helpers = {"registry.example": "airdock-test"}
    (config / "config.json").write_text(json.dumps({"credHelpers": helpers, "auths": auths(registry)}))
    run(traces, image)
    assert not (config / "asked").exists()


def test_a_helper_that_knows_no_login_is_no_failure(
    image: str, registry: PrivateRegistry, config: Path, traces: Traces
) -> None:
    helper(config, "echo 'credentials not found in native keychain'; exit 1")
    (config / "config.json").write_text(json.dumps({"credsStore": "airdock-test"}))
    with pytest.raises(PullDeniedError):
        run(traces, image)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo 'the vault is sealed' >&2; echo 'the vault is sealed'; exit 1", "the vault is sealed"),
        ("echo '{'", "credential"),
        (None, "executable file not found"),
    ],
)
def test_a_broken_helper(
    body: str | None, words: str, image: str, registry: PrivateRegistry, config: Path, traces: Traces
) -> None:
    if body:
        helper(config, body)
    (config / "config.json").write_text(json.dumps({"credHelpers": {registry.address: "airdock-test"}}))
    with pytest.raises(CredentialsUnavailableError, match=words) as raised:
        run(traces, image)
    assert registry.address in str(raised.value)


def test_a_configuration_that_cannot_be_read(image: str, config: Path, traces: Traces) -> None:
    (config / "config.json").write_text("{")
    with pytest.raises(CredentialsUnavailableError, match="DOCKER_CONFIG"):
        run(traces, image)


def test_a_configuration_is_not_read_for_an_image_that_is_there(config: Path, traces: Traces) -> None:
    (config / "config.json").write_text("{")
    run(traces, "busybox")


# None.


def test_no_login(image: str, engine: docker.APIClient, traces: Traces) -> None:
    with pytest.raises(PullDeniedError):
        run(traces, image)
    mirrors = engine.info()["RegistryConfig"]["Mirrors"] or ["http://127.0.0.1:5000/"]
    open_registry = mirrors[0].split("//")[1].strip("/")
    name = f"{open_registry}/library/busybox"
    forget(engine, f"{name}:latest")
    run(traces, name, force_pull=True)


def test_a_connection_without_a_login(traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_HALF", "docker://registry.example")
    with pytest.raises(InvalidRequestError, match="half"):
        run(traces, "busybox", docker_conn_id="half")


# Progress.


def test_a_large_image_is_a_few_lines(
    registry: PrivateRegistry, engine: docker.APIClient, traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_RIGHT", login(registry))
    image = registry.push_random(engine, "large", layers=8, size=4 << 20)
    task = Task(traces.dag_id, image=image, command=["/x"], docker_conn_id="right")
    try:
        with pytest.raises(CommandNotFoundError):
            task.execute()
    finally:
        forget(engine, image)
    lines = task.log.lines()
    assert lines[0] == f"::group::Pulling image {image}"
    assert lines[-1] == "::endgroup::"
    assert any(line.startswith("Status: Downloaded newer image") for line in lines)
    assert 3 <= len(lines) <= 8, lines


def test_a_pull_that_stands_still(traces: Traces) -> None:
    """A registry that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        image = f"127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(PullStalledError, match=r"no progress for 1\.5s"):
            run(traces, image, pull_inactivity_timeout=1.5)
