"""What parameters do that are no option of a container: both operators, side by side."""

from __future__ import annotations

import os
import pickle
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from airflow.exceptions import AirflowSkipException
from certificates import self_signed, server_context
from docker.types import Mount
from engine_proxy import EngineProxy
from registry_server import PASSWORD, USER, PrivateRegistry, forget
from side_by_side import Outcome, SideBySide

from airdock.exceptions import (
    ApiVersionUnsupportedError,
    ContainerFailedError,
    EngineTimeoutError,
    ImageNotFoundError,
    PullDeniedError,
    PullFailedError,
    TlsCaMismatchError,
    TlsClientCertRequiredError,
    TlsNameMismatchError,
)

pytestmark = pytest.mark.engine

Both = Callable[..., tuple[Outcome, Outcome]]
NO_TLS = dict.fromkeys(("tls_ca_cert", "tls_client_cert", "tls_client_key"))


@pytest.fixture
def both(
    engine: docker.APIClient,
    plugin_binary: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Both:
    """Run both operators with the same arguments: the outcome of the official one, and of ours."""
    monkeypatch.setenv("AIRDOCK_PLUGIN", plugin_binary)
    side_by_side = SideBySide(engine, f"{request.node.originalname}-{os.getpid()}")

    def run(seen_before_start: bool = False, **parameters: Any) -> tuple[Outcome, Outcome]:
        return side_by_side.run("", parameters, seen_before_start)

    return run


def succeeded(*outcomes: Outcome) -> None:
    assert [outcome.error for outcome in outcomes] == [None] * len(outcomes)


def sh(script: str) -> dict[str, Any]:
    return {"command": ["sh", "-c", script]}


def created(outcome: Outcome) -> str:
    (path,) = [request for request in outcome.requests if "/containers/create" in request]
    return path.split("/")[1]


@pytest.mark.parametrize(("version", "spoken"), [(None, "v1.41"), ("auto", "v1.41"), ("1.40", "v1.40")])
def test_api_version(version: str | None, spoken: str, both: Both, engine: docker.APIClient) -> None:
    outcomes = both(seen_before_start=True, api_version=version)
    succeeded(*outcomes)
    if spoken == "v1.41":
        spoken = f"v{engine.version()['ApiVersion']}"
    assert [created(outcome) for outcome in outcomes] == [spoken, spoken]


def test_an_api_version_that_the_engine_has_not(both: Both) -> None:
    official, ours = both(api_version="1.99")
    assert official.error
    assert isinstance(ours.error, ApiVersionUnsupportedError)


def test_docker_url(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list: the first that answers. Nothing: DOCKER_HOST, and with ours its certificates, too."""
    engine = os.environ["DOCKER_HOST"]
    official, ours = both(docker_url=["tcp://127.0.0.1:1", engine], command="echo x")
    succeeded(official, ours)
    assert official.result == ours.result == "x"
    assert any(
        line.startswith("Container ") and line.endswith(f" on {engine}") for line in ours.log.lines("info")
    )
    official, ours = both(docker_url=None, **NO_TLS)
    assert official.error, "it knows nothing of DOCKER_TLS_VERIFY and DOCKER_CERT_PATH"
    succeeded(ours)
    with EngineProxy() as proxy:
        monkeypatch.setenv("DOCKER_HOST", proxy.url)
        monkeypatch.delenv("DOCKER_TLS_VERIFY")
        succeeded(*both(docker_url=None, **NO_TLS))


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_tls_files(both: Both, folder: Path) -> None:
    succeeded(*both())
    stranger, _ = self_signed(folder, "stranger")
    official, ours = both(tls_ca_cert=stranger)
    assert official.error
    assert isinstance(ours.error, TlsCaMismatchError)
    official, ours = both(tls_client_cert=None, tls_client_key=None)
    assert official.error, "it leaves TLS out"
    assert isinstance(ours.error, TlsClientCertRequiredError)
    own = self_signed(folder, "127.0.0.1")
    with EngineProxy(tls=server_context(own)) as proxy:
        official, ours = both(
            docker_url=proxy.url, tls_ca_cert=own[0], tls_client_cert=None, tls_client_key=None
        )
        assert official.error
        succeeded(ours)


def test_tls_verify(both: Both, folder: Path) -> None:
    with EngineProxy(tls=server_context(self_signed(folder, "127.0.0.1"))) as proxy:
        official, ours = both(docker_url=proxy.url)
        assert official.error
        assert isinstance(ours.error, TlsCaMismatchError)
        succeeded(*both(docker_url=proxy.url, tls_verify=False))
        official, ours = both(docker_url=proxy.url, tls_verify=False, **NO_TLS)
        assert official.error
        succeeded(ours)


@pytest.mark.parametrize(
    ("name", "error"), [("docker", None), (False, None), ("other", TlsNameMismatchError)]
)
@pytest.mark.filterwarnings("ignore:`assert_hostname` removed")
def test_tls_hostname(name: str | bool, error: Any, both: Both, folder: Path) -> None:
    own = self_signed(folder, "docker")
    with EngineProxy(tls=server_context(own)) as proxy:
        official, ours = both(docker_url=proxy.url, tls_ca_cert=own[0], tls_hostname=name)
    assert official.error, "with docker-py 7 it has no effect"
    assert type(ours.error) is (error or type(None))


@pytest.mark.filterwarnings("ignore:`ssl_version` removed")
def test_tls_ssl_version(both: Both) -> None:
    succeeded(*both(tls_ssl_version="TLSv1"))


def test_xcom_all(both: Both) -> None:
    script = sh("echo a; echo 'b  '; echo; echo d")
    official, ours = both(**script, xcom_all=True)
    assert official.result == ours.result == ["a", "b", "", "d"]
    official, ours = both(**script)
    assert official.result == ours.result == "d"
    official, ours = both(command="true", xcom_all=True)
    assert official.result is ours.result is None
    official, ours = both(**script, do_xcom_push=False)
    assert official.result is ours.result is None


def test_the_result_is_of_stdout_alone(both: Both) -> None:
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
    both: Both, registry: PrivateRegistry, engine: docker.APIClient, monkeypatch: pytest.MonkeyPatch
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
    both: Both, registry: PrivateRegistry, engine: docker.APIClient, monkeypatch: pytest.MonkeyPatch
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
def test_auto_remove(policy: str, code: int, kept: tuple[bool, bool], both: Both) -> None:
    official, ours = both(**sh(f"exit {code}"), auto_remove=policy)
    assert (official.kept, ours.kept) == kept
    assert bool(official.error) == bool(ours.error) == bool(code)
    assert not code or isinstance(ours.error, ContainerFailedError)


def test_anonymous_volumes_are_removed_with_the_container(both: Both, engine: docker.APIClient) -> None:
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
def test_retrieve_output(script: str, result: Any, both: Both) -> None:
    output = {"retrieve_output": True, "retrieve_output_path": "/result", "do_xcom_push": False}
    official, ours = both(**sh(script), **output)
    succeeded(official, ours)
    assert official.result == ours.result == result


def test_timeout(both: Both) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        official, ours = both(docker_url=url, timeout=1)
    assert official.error
    assert isinstance(ours.error, EngineTimeoutError)
    _, ours = both(**sh("sleep 3; echo x"), timeout=1)
    succeeded(ours)
    assert ours.result == "x"


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
def test_skip_on_exit_code(skip: Any, code: int, skipped: bool, both: Both) -> None:
    for outcome in both(**sh(f"exit {code}"), skip_on_exit_code=skip):
        assert outcome.error
        assert isinstance(outcome.error, AirflowSkipException) is skipped


def test_kwargs(both: Both) -> None:
    """Those of every operator of Airflow."""
    succeeded(*both(retries=2, execution_timeout=None, doc_md="text", do_xcom_push=False))
    for outcome in both(no_such_parameter=1):
        assert "no_such_parameter" in str(outcome.error)
    for outcome in both(auto_remove="always"):
        assert isinstance(outcome.error, ValueError)
    for outcome in both(port_bindings={80: 80}, network_mode="host"):
        assert isinstance(outcome.error, ValueError)


def test_private_environment(both: Both) -> None:
    """Ours is templated."""
    official, ours = both(private_environment={"A": "{{ ti.run_id }}"})
    assert "A={{ ti.run_id }}" in official.facts()["Config.Env"]
    assert "A=run" in ours.facts()["Config.Env"]


def test_container_name_and_labels(both: Both) -> None:
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
