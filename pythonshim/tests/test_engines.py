"""Which engine runs a task, and the ways to it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import self_signed, server_context
from engine_proxy import EngineProxy
from side_by_side import tls
from support import Task, Traces

from airdock.exceptions import (
    EngineTimeoutError,
    EngineUnreachableError,
    TlsCaMismatchError,
    TlsNameMismatchError,
    TlsRequiredError,
)

pytestmark = pytest.mark.engine

SCRIPT = ["bash", "-c", "echo out; echo err >&2; sleep 0.5; echo done"]


def run(traces: Traces, environ: dict[str, str] | None = None, **parameters: Any) -> Task:
    task = Task(traces.dag_id, command=SCRIPT, **parameters)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (environ or {}).items():
                patch.setenv(name, value)
            assert task.execute() == "done"
        assert {"out", "[stderr] err", "done"} <= set(task.log.lines("info"))
    finally:
        assert traces.all() == {}
    return task


def host(task: Task) -> str:
    """Return the engine that the log names."""
    (line,) = [line for line in task.log.lines("info") if line.startswith("Container ")]
    return line.rpartition(" on ")[2]


# Several.


@pytest.fixture
def dead(folder: Path) -> Iterator[dict[str, str]]:
    """Addresses at which no engine answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield {
            "refused": "tcp://127.0.0.1:1",
            "silent": f"tcp://127.0.0.1:{silent.getsockname()[1]}",
            "no socket": f"unix://{folder}/none.sock",
            "no name": "tcp://no-such-host.invalid:2376",
        }


@pytest.mark.parametrize("first", ["refused", "silent", "no socket", "no name"])
def test_the_first_engine_that_answers(first: str, dead: dict[str, str], traces: Traces) -> None:
    engine = os.environ["DOCKER_HOST"]
    urls = [dead[first], engine, "tcp://127.0.0.1:2"]
    task = run(traces, **tls() | {"docker_url": urls, "timeout": 2})
    assert host(task) == engine


def test_no_engine_answers(dead: dict[str, str], traces: Traces) -> None:
    urls = [dead["no socket"], dead["refused"]]
    with pytest.raises(EngineUnreachableError) as raised:
        run(traces, **tls() | {"docker_url": urls})
    for url in urls:
        assert url in str(raised.value)


def test_a_silent_engine(dead: dict[str, str], traces: Traces) -> None:
    with pytest.raises(EngineTimeoutError, match=dead["silent"]):
        run(traces, **tls() | {"docker_url": dead["silent"], "timeout": 0.5})


# Ways.


def test_a_unix_socket(folder: Path, traces: Traces) -> None:
    """The engine's own has no TLS; here a proxy has it."""
    with EngineProxy(folder / "engine.sock") as proxy:
        assert host(run(traces, docker_url=proxy.url)) == proxy.url
        assert len(proxy.requests) > 5


def test_the_environments_unix_socket(folder: Path, traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    with EngineProxy(folder / "engine.sock") as proxy:
        monkeypatch.setenv("DOCKER_HOST", proxy.url)
        monkeypatch.delenv("DOCKER_TLS_VERIFY")
        assert host(run(traces)) == proxy.url


@pytest.mark.parametrize("given", [{}, {"docker_url": ""}, {"docker_url": None}, {"docker_url": []}])
def test_the_environments_engine(given: dict[str, Any], traces: Traces) -> None:
    assert host(run(traces, **given)) == os.environ["DOCKER_HOST"]


def test_a_plain_port(traces: Traces) -> None:
    with EngineProxy() as proxy:
        assert host(run(traces, docker_url=proxy.url)) == proxy.url


def test_tls_is_never_left_out(traces: Traces) -> None:
    with pytest.raises(TlsRequiredError):
        run(traces, docker_url=os.environ["DOCKER_HOST"])


# Certificates. The proxy asks for none of the client.


@pytest.mark.parametrize(
    ("name", "parameters", "error"),
    [
        ("127.0.0.1", {"ca": True}, None),
        ("127.0.0.1", {"ca": True, "tls_hostname": True}, None),
        ("127.0.0.1", {"ca": True, "tls_hostname": ""}, None),
        ("127.0.0.1", {"ca": True, "tls_hostname": "docker"}, TlsNameMismatchError),
        ("127.0.0.1", {"ca": False}, TlsCaMismatchError),
        ("127.0.0.1", {"ca": False, "tls_hostname": False}, TlsCaMismatchError),
        ("127.0.0.1", {"ca": False, "tls_verify": False}, None),
        ("docker", {"ca": True}, TlsNameMismatchError),
        ("docker", {"ca": True, "tls_hostname": "docker"}, None),
        ("docker", {"ca": True, "tls_hostname": "other"}, TlsNameMismatchError),
        ("docker", {"ca": True, "tls_hostname": False}, None),
        ("docker", {"ca": True, "tls_verify": False}, None),
        ("docker", {"ca": False, "tls_verify": False, "tls_hostname": "other"}, None),
        ("docker", {"ca": False, "tls_hostname": "docker"}, TlsCaMismatchError),
    ],
)
def test_certificates(
    name: str, parameters: dict[str, Any], error: Any, folder: Path, traces: Traces
) -> None:
    """The CA of the engine, or another one; no client certificate."""
    own = self_signed(folder, name)
    stranger = self_signed(folder, "stranger")
    ca = {"tls_ca_cert": own[0] if parameters["ca"] else stranger[0]}
    options = {option: value for option, value in parameters.items() if option != "ca"}
    with EngineProxy(tls=server_context(own)) as proxy:
        if error:
            with pytest.raises(error):
                run(traces, docker_url=proxy.url, **ca, **options)
        else:
            run(traces, docker_url=proxy.url, **ca, **options)


def test_no_verification_without_any_file(folder: Path, traces: Traces) -> None:
    with EngineProxy(tls=server_context(self_signed(folder, "docker"))) as proxy:
        run(traces, docker_url=proxy.url, tls_verify=False)


@pytest.mark.parametrize("bundle", ["/etc/ssl/certs/ca-certificates.crt", "/nowhere.pem", "garbage"])
def test_a_proxys_ca_bundle_changes_nothing(bundle: str, folder: Path, traces: Traces) -> None:
    if bundle == "garbage":
        (folder / "garbage.pem").write_text("no certificate")
        bundle = str(folder / "garbage.pem")
    environ = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"), bundle)
    run(traces, environ, **tls())
    run(traces, environ)


def test_a_proxy_of_the_environment_is_not_asked_for_a_local_engine(traces: Traces) -> None:
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")
    run(traces, dict.fromkeys(names, "http://127.0.0.1:1"), **tls())
