"""Which engine an operator means, and how it reaches it: both operators, side by side."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from certificates import self_signed, server_context
from engine_proxy import EngineProxy
from side_by_side import Outcome, SideBySide, succeeded

from airdock.exceptions import (
    ApiVersionUnsupportedError,
    EngineTimeoutError,
    TlsCaMismatchError,
    TlsClientCertRequiredError,
    TlsNameMismatchError,
)

pytestmark = pytest.mark.engine

NO_TLS = dict.fromkeys(("tls_ca_cert", "tls_client_cert", "tls_client_key"))


def created(outcome: Outcome) -> str:
    (path,) = [request for request in outcome.requests if "/containers/create" in request]
    return path.split("/")[1]


@pytest.mark.parametrize(("version", "spoken"), [(None, "v1.41"), ("auto", "v1.41"), ("1.40", "v1.40")])
def test_api_version(version: str | None, spoken: str, both: SideBySide, engine: docker.APIClient) -> None:
    outcomes = both(seen_before_start=True, api_version=version)
    succeeded(*outcomes)
    if spoken == "v1.41":
        spoken = f"v{engine.version()['ApiVersion']}"
    assert [created(outcome) for outcome in outcomes] == [spoken, spoken]


def test_an_api_version_that_the_engine_has_not(both: SideBySide) -> None:
    official, ours = both(api_version="1.99")
    assert official.error
    assert isinstance(ours.error, ApiVersionUnsupportedError)


def test_docker_url(both: SideBySide, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_tls_files(both: SideBySide, folder: Path) -> None:
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


def test_tls_verify(both: SideBySide, folder: Path) -> None:
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
def test_tls_hostname(name: str | bool, error: Any, both: SideBySide, folder: Path) -> None:
    own = self_signed(folder, "docker")
    with EngineProxy(tls=server_context(own)) as proxy:
        official, ours = both(docker_url=proxy.url, tls_ca_cert=own[0], tls_hostname=name)
    assert official.error, "with docker-py 7 it has no effect"
    assert type(ours.error) is (error or type(None))


@pytest.mark.filterwarnings("ignore:`ssl_version` removed")
def test_tls_ssl_version(both: SideBySide) -> None:
    succeeded(*both(tls_ssl_version="TLSv1"))


def test_timeout(both: SideBySide) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        official, ours = both(docker_url=url, timeout=1)
    assert official.error
    assert isinstance(ours.error, EngineTimeoutError)
    _, ours = both(command=["sh", "-c", "sleep 3; echo x"], timeout=1)
    succeeded(ours)
    assert ours.result == "x"
