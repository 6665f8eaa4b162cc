"""The connection ``airdock``: what it may look like, and what wins over what."""

from __future__ import annotations

import json
from typing import Any

import pytest
from connections import Connect, connector
from support import Traces

from airdock._protocol.airdock_pb2 import Engine
from airdock.engine import EngineSpec
from airdock.exceptions import InvalidRequestError
from airdock.hooks.docker import DockerHook
from airdock.plugin.messages import fill

SPEC = {"airdock_conn_id": "engine"}
PEM = "-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n"


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    return connector(monkeypatch)


def connection() -> dict[str, Any]:
    """Return what travels of the connection; plugin/spelling/testdata/engine.json has what it means."""
    request = EngineSpec(**SPEC).request({})
    fill(request, Engine())
    assert request["connection"].pop("id") == "engine"
    return dict(request["connection"])


NOTHING = {"host": "", "port": None, "password": None, "extra": {}}


@pytest.mark.parametrize(
    ("fields", "travels"),
    [
        ({"host": "docker", "port": 2376}, {"host": "docker", "port": 2376}),
        ({"host": "tcp://a:1, tcp://b:2"}, {"host": "tcp://a:1, tcp://b:2"}),
        ({"uri": "airdock://docker:2376"}, {"host": "docker", "port": 2376}),
        ({"uri": "airdock://tcp://docker:2376"}, {"host": "tcp://docker", "port": 2376}),
        ({"uri": "airdock://%2Fvar%2Frun%2Fdocker.sock"}, {"host": "/var/run/docker.sock"}),
        ({"host": ""}, {}),
        (
            {"host": "e", "password": "/key.pem", "extra": {"ca": "/ca.pem", "cert": "/cert.pem"}},
            {"host": "e", "password": "/key.pem", "extra": {"ca": "/ca.pem", "cert": "/cert.pem"}},
        ),
        (
            {"uri": "airdock://:%2Fkey.pem@e?ca=%2Fca.pem&cert=%2Fcert.pem"},
            {"host": "e", "password": "/key.pem", "extra": {"ca": "/ca.pem", "cert": "/cert.pem"}},
        ),
        # As the form of Airflow 2 leaves it.
        (
            {"host": "e", "port": None, "login": "", "extra": json.dumps({"tls": True, "timeout": None})},
            {"host": "e", "extra": {"tls": True, "timeout": None}},
        ),
        (
            {"uri": "airdock://e?tls=true&insecure_skip_verify=true&timeout=5"},
            {"host": "e", "extra": {"tls": "true", "insecure_skip_verify": "true", "timeout": "5"}},
        ),
        (
            {"host": "e", "password": KEY, "extra": {"ca": PEM * 2, "cert": PEM}},
            {"host": "e", "password": KEY, "extra": {"ca": PEM * 2, "cert": PEM}},
        ),
    ],
)
def test_what_travels_of_it(connect: Connect, fields: dict[str, Any], travels: dict[str, Any]) -> None:
    connect(**fields)
    found = connection()
    assert found | {"host": found["host"] or ""} == NOTHING | travels


@pytest.mark.parametrize(
    ("extra", "words"),
    [({"tls": False, "ca": "/ca"}, "turns TLS off"), ({"tls": "maybe"}, "tls: expected true or false")],
)
def test_contradictions(connect: Connect, local_traces: Traces, extra: dict[str, Any], words: str) -> None:
    connect(host="e", extra=extra)
    with (
        pytest.raises(InvalidRequestError, match=f"the connection engine: .*{words}"),
        DockerHook("engine") as docker,
    ):
        docker.info()


def test_a_misspelled_field_is_no_silent_one(connect: Connect, local_traces: Traces) -> None:
    connect(host="e", extra={"ca_cert": "/ca"})
    worked, message = DockerHook("engine").test_connection()
    assert not worked
    assert 'the connection engine: there is no parameter "ca_cert"; a connection has tls, ' in message


def test_the_empty_id_is_no_connection() -> None:
    assert EngineSpec(airdock_conn_id="").request({})["connection"] is None


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
    assert EngineSpec.of(task).request({})["connection"]["host"] == "of-the-connection"
