from __future__ import annotations

from typing import Any

import pytest

from airdock.engine import EngineSpec


def request(environ: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
    return EngineSpec(**parameters).request(environ or {})


def paths(**named: str) -> dict[str, Any]:
    return {name: {"written": path} for name, path in named.items()}


FILES = {"tls_ca_cert": "/ca", "tls_client_cert": "/cert", "tls_client_key": "/key"}


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        (None, None),
        ("", None),
        ("tcp://a:1", ["tcp://a:1"]),
        (["tcp://a:1", "tcp://b:2"], ["tcp://a:1", "tcp://b:2"]),
        ([], None),
    ],
)
def test_hosts(url: Any, hosts: list[str] | None) -> None:
    local = {"environment": {"DOCKER_HOST": "unix:///var/run/docker.sock"}}
    assert request(docker_url=url) == {"hosts": hosts} | ({} if hosts else local)


def test_explicit_files() -> None:
    assert request(docker_url="tcp://a:1", **FILES)["tls"] == paths(ca="/ca", cert="/cert", key="/key")


def test_ca_alone_is_tls() -> None:
    assert request(docker_url="tcp://a:1", tls_ca_cert="/ca")["tls"] == paths(ca="/ca")


def test_no_verification_is_tls_all_the_same() -> None:
    assert request(docker_url="tcp://a:1", tls_verify=False)["tls"] == {"insecure_skip_verify": True}


def test_hostname() -> None:
    engine = request(docker_url="tcp://a:1", tls_ca_cert="/ca", tls_hostname="docker")
    assert engine["tls"] == paths(ca="/ca") | {"server_name": "docker"}
    engine = request(docker_url="tcp://a:1", tls_ca_cert="/ca", tls_hostname=True)
    assert engine["tls"] == paths(ca="/ca")
    engine = request(docker_url="tcp://a:1", tls_ca_cert="/ca", tls_hostname=False)
    assert engine["tls"] == paths(ca="/ca") | {"skip_name_check": True}


ENVIRON = {"DOCKER_HOST": "tcp://e:2376", "DOCKER_TLS": "0", "DOCKER_CERT_PATH": "/c", "HOME": "/h"}


def test_environment() -> None:
    said = {"hosts": None, "environment": ENVIRON}
    assert request({**ENVIRON, "PATH": "/bin", "DOCKER_TLS_VERIFY": ""}) == said
    assert request(ENVIRON, tls_verify=False) == {**said, "tls": {"insecure_skip_verify": True}}
    assert request(ENVIRON, tls_hostname="x") == {**said, "tls": {"server_name": "x"}}
    assert request(ENVIRON, tls_hostname=False) == {**said, "tls": {"skip_name_check": True}}
    assert "tls" not in request({"DOCKER_HOST": "tcp://e:2375", "HOME": "/h"}, tls_hostname=False)
    # Parameters win; the environment's certificates belong to the environment's host.
    assert request(ENVIRON, **FILES) == {
        "hosts": None,
        "environment": {"DOCKER_HOST": "tcp://e:2376"},
        "tls": paths(ca="/ca", cert="/cert", key="/key"),
    }
    assert request(ENVIRON, docker_url="tcp://other:2376") == {"hosts": ["tcp://other:2376"]}
