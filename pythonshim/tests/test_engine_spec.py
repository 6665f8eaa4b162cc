"""What travels of an engine; plugin/spelling/testdata/engine.json says what the plugin makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from airdock._protocol.airdock_pb2 import Engine
from airdock.engine import EngineSpec
from airdock.plugin.messages import fill


def request(environ: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
    made = EngineSpec(**parameters).request(environ or {})
    fill(made, Engine())
    return made


@pytest.mark.parametrize(
    ("given", "travels"),
    [
        ({}, {}),
        ({"docker_url": None, "tls_verify": True, "tls_hostname": None, "timeout": 60}, {}),
        ({"docker_url": ""}, {"docker_url": ""}),
        ({"docker_url": ("tcp://a:1", "tcp://b:2")}, {"docker_url": ["tcp://a:1", "tcp://b:2"]}),
        ({"tls_verify": False, "tls_hostname": False}, {"tls_verify": False, "tls_hostname": False}),
        ({"tls_ca_cert": "/ca", "timeout": 0.5}, {"tls_ca_cert": "/ca", "timeout": 0.5}),
        ({"api_version": "1.41"}, {"api_version": "1.41"}),
    ],
)
def test_parameters_that_are_not_the_default(given: dict[str, Any], travels: dict[str, Any]) -> None:
    assert request(**given) == {"parameters": travels, "connection": None, "environment": {}}


def test_an_engine_of_nothing_is_asked_for_all_the_same() -> None:
    """Without the field the plugin would not look for the address elsewhere."""
    assert fill(request(), Engine()).HasField("parameters")


def test_of_the_environment_only_what_the_docker_cli_reads() -> None:
    environ = {"DOCKER_HOST": "tcp://e:2376", "DOCKER_TLS": "0", "DOCKER_CERT_PATH": "/c", "HOME": "/h"}
    assert request({**environ, "PATH": "/bin", "SECRET": "s"})["environment"] == environ
