"""A connection of the type airdock: to the engine of the tests, or to anything."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

# Before a test takes them away.
ENGINE = os.environ.get("DOCKER_HOST", "")
CERT_PATH = Path(os.environ.get("DOCKER_CERT_PATH") or "/no/certificates")

#: Makes the connection ``engine``, of a URI or of fields as in its JSON form.
Connect = Callable[..., None]


def connector(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Return what makes the connection, and take the DOCKER_* variables away: what is found is its."""
    for name in ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_TLS", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)

    def connect(uri: str | None = None, **fields: Any) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_ENGINE", uri or as_json(**fields))

    return connect


def as_json(**fields: Any) -> str:
    return json.dumps({"conn_type": "airdock", **fields})


def material(name: str) -> str:
    return (CERT_PATH / name).read_text()


def good_fields() -> dict[str, Any]:
    """Return the connection to the engine, all of it as PEM text."""
    address = urlsplit(ENGINE)
    return {
        "host": address.hostname,
        "port": address.port,
        "password": material("key.pem"),
        "extra": {"tls": True, "ca": material("ca.pem"), "cert": material("cert.pem")},
    }
