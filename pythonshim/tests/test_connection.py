"""The connection ``airdock``: what it may look like, and what wins over what."""

from __future__ import annotations

import json
from typing import Any

import pytest
from connections import Connect, connector
from support import Traces

from airdock.engine import EngineSpec
from airdock.exceptions import InvalidRequestError
from airdock.hooks.docker import DockerHook

SPEC = {"airdock_conn_id": "engine"}
PEM = "-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n"


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    return connector(monkeypatch)


def request(environ: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
    return EngineSpec(**SPEC | parameters).request(environ or {})


# What it may look like.


@pytest.mark.parametrize(
    ("fields", "hosts"),
    [
        ({"host": "docker", "port": 2376}, ["docker:2376"]),
        ({"host": "tcp://docker:2376"}, ["tcp://docker:2376"]),
        ({"host": "tcp://a:1, tcp://b:2"}, ["tcp://a:1", "tcp://b:2"]),
        ({"host": "/var/run/docker.sock"}, ["unix:///var/run/docker.sock"]),
        ({"host": "ssh://user@docker"}, ["ssh://user@docker"]),
        ({"uri": "airdock://docker:2376"}, ["docker:2376"]),
        ({"uri": "airdock://tcp://docker:2376"}, ["tcp://docker:2376"]),
        ({"uri": "airdock://%2Fvar%2Frun%2Fdocker.sock"}, ["unix:///var/run/docker.sock"]),
    ],
)
def test_address(connect: Connect, fields: dict[str, Any], hosts: list[str]) -> None:
    connect(**fields)
    assert request() == {"hosts": hosts}


def test_without_an_address_it_is_the_environments(connect: Connect) -> None:
    connect(host="")
    assert request()["environment"] == {"DOCKER_HOST": "unix:///var/run/docker.sock"}


FILES = {"ca": {"written": "/ca.pem"}, "cert": {"written": "/cert.pem"}, "key": {"written": "/key.pem"}}


@pytest.mark.parametrize(
    "fields",
    [
        {"host": "e", "password": "/key.pem", "extra": {"ca": "/ca.pem", "cert": "/cert.pem"}},
        {"uri": "airdock://:%2Fkey.pem@e?ca=%2Fca.pem&cert=%2Fcert.pem"},
        # As the form of Airflow 2 leaves it.
        {
            "host": "e",
            "port": None,
            "login": "",
            "password": "/key.pem",
            "extra": json.dumps({"tls": True, "ca": "/ca.pem", "cert": "/cert.pem", "timeout": None}),
        },
    ],
    ids=["json", "uri", "form"],
)
def test_files(connect: Connect, fields: dict[str, Any]) -> None:
    connect(**fields)
    tls = request()["tls"]
    assert not tls.pop("insecure_skip_verify", False)
    assert tls == FILES


def test_other_fields(connect: Connect) -> None:
    extra = {"ca": "/ca", "server_name": "docker", "timeout": 5, "api_version": "1.41"}
    connect(host="e", extra=extra)
    assert request() == {
        "hosts": ["e"],
        "tls": {"ca": {"written": "/ca"}, "server_name": "docker"},
        "timeout": "5s",
        "api_version": "1.41",
    }
    connect("airdock://e?tls=true&insecure_skip_verify=true&timeout=5")
    assert request() == {"hosts": ["e"], "tls": {"insecure_skip_verify": True}, "timeout": "5s"}


def test_pem_text(connect: Connect) -> None:
    connect(host="e", password=KEY, extra={"ca": PEM * 2, "cert": PEM})
    assert request()["tls"] == {
        "ca": {"written": PEM * 2},
        "cert": {"written": PEM},
        "key": {"written": KEY},
    }


def test_tls_on_and_off(connect: Connect) -> None:
    environ = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/from/environment"}
    connect(host="e", extra={"tls": True})
    assert request()["tls"] == {"insecure_skip_verify": False}, "TLS with the system's authorities"
    connect(extra={"tls": False})
    off = request(environ)
    assert "tls" not in off
    assert off["environment"] == {"DOCKER_HOST": "unix:///var/run/docker.sock"}
    connect(extra={})
    assert request(environ)["environment"] == {**off["environment"], **environ}


@pytest.mark.parametrize("extra", [{"tls": False, "ca": "/ca"}, {"tls": "maybe"}])
def test_contradictions(connect: Connect, extra: dict[str, Any]) -> None:
    connect(host="e", extra=extra)
    with pytest.raises(InvalidRequestError, match="The connection engine"):
        request()


def test_a_misspelled_field_is_no_silent_one(connect: Connect, local_traces: Traces) -> None:
    connect(host="e", extra={"ca_cert": "/ca"})
    worked, message = DockerHook("engine").test_connection()
    assert not worked
    assert 'no field named "ca_cert"' in message


# What wins over what.


def test_an_argument_wins_setting_by_setting(connect: Connect) -> None:
    connect(host="e", password="/key.pem", extra={"ca": "/ca.pem", "cert": "/cert.pem", "timeout": 5})
    assert request(docker_url="tcp://other:1") == {"hosts": ["tcp://other:1"], "tls": FILES, "timeout": "5s"}
    assert request(docker_url="", tls_ca_cert="/mine")["tls"] == FILES | {"ca": {"written": "/mine"}}
    assert request(timeout=7)["timeout"] == "7s"
    assert request(tls_hostname="docker")["tls"]["server_name"] == "docker"
    assert request(tls_verify=False)["tls"]["insecure_skip_verify"] is True
    assert request(api_version="1.41")["api_version"] == "1.41"


def test_the_connection_wins_over_the_environment(connect: Connect) -> None:
    environ = {"DOCKER_HOST": "tcp://environment:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/c"}
    connect(host="e")
    assert request(environ) == {"hosts": ["e"]}, "the environment's certificates are for its own engine"
    connect(extra={"ca": "/ca.pem"})
    assert request(environ) == {
        "hosts": [],
        "environment": {"DOCKER_HOST": "tcp://environment:1"},
        "tls": {"ca": {"written": "/ca.pem"}},
    }
    assert request(environ, airdock_conn_id="")["environment"]["DOCKER_CERT_PATH"] == "/c"


@pytest.mark.parametrize(
    "operator",
    ["docker.DockerOperator", "docker.DockerBuildOperator", "docker_volume.DockerVolumeOperator"],
)
def test_every_operator_takes_it(connect: Connect, operator: str) -> None:
    module, name = operator.split(".")
    kind = getattr(__import__(f"airdock.operators.{module}", fromlist=[name]), name)
    needed = {"image": "bash"} if name == "DockerOperator" else {}
    needed |= {"operation": "list"} if name == "DockerVolumeOperator" else {}
    assert "airdock_conn_id" in kind.template_fields
    task = kind(task_id="t", airdock_conn_id="{{ 'eng' }}ine", **needed)
    task.airdock_conn_id = task.render_template(task.airdock_conn_id, {})
    connect(host="of-the-connection")
    assert EngineSpec.of(task).request({}) == {"hosts": ["of-the-connection"]}
