from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airdock.engine import EngineSpec


def request(environ: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
    return EngineSpec(**parameters).request(environ or {})


def paths(**named: str) -> dict[str, Any]:
    return {name: {"path": path} for name, path in named.items()}


FILES = {"tls_ca_cert": "/ca", "tls_client_cert": "/cert", "tls_client_key": "/key"}


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        (None, ["unix:///var/run/docker.sock"]),
        ("", ["unix:///var/run/docker.sock"]),
        ("tcp://a:1", ["tcp://a:1"]),
        (["tcp://a:1", "tcp://b:2"], ["tcp://a:1", "tcp://b:2"]),
        ([], ["unix:///var/run/docker.sock"]),
    ],
)
def test_hosts(url: Any, hosts: list[str]) -> None:
    assert request(docker_url=url) == {"hosts": hosts}


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


def test_environment(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": "tcp://e:2376", "DOCKER_CERT_PATH": str(tmp_path), "HOME": "/h"}
    ca, cert, key = (str(tmp_path / f"{name}.pem") for name in ("ca", "cert", "key"))
    assert request(environ) == {"hosts": ["tcp://e:2376"]}  # a path alone turns nothing on
    environ["DOCKER_TLS_VERIFY"] = "1"
    assert request(environ)["tls"] == paths(ca=ca)
    (tmp_path / "cert.pem").touch()
    (tmp_path / "key.pem").touch()
    assert request(environ)["tls"] == paths(ca=ca, cert=cert, key=key)
    assert request(environ, tls_verify=False)["tls"]["insecure_skip_verify"] is True
    assert request(environ, tls_hostname="x")["tls"]["server_name"] == "x"
    # Parameters win; the environment's certificates belong to the environment's host.
    assert request(environ, **FILES)["tls"] == paths(ca="/ca", cert="/cert", key="/key")
    assert request(environ, docker_url="tcp://other:2376") == {"hosts": ["tcp://other:2376"]}


def test_environment_without_verification(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": "tcp://e:2376", "DOCKER_TLS": "1", "DOCKER_CERT_PATH": str(tmp_path)}
    assert request(environ)["tls"] == {"insecure_skip_verify": True}


@pytest.mark.parametrize(("extra", "folder"), [({}, "/h/.docker"), ({"DOCKER_CONFIG": "/conf"}, "/conf")])
def test_environment_default_folder(extra: dict[str, str], folder: str) -> None:
    environ = {"DOCKER_HOST": "tcp://e:2376", "DOCKER_TLS_VERIFY": "0", "HOME": "/h"} | extra
    assert request(environ)["tls"] == paths(ca=f"{folder}/ca.pem")
