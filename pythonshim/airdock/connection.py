"""Airflow's connections, and the engine that one of the type ``airdock`` names."""

from __future__ import annotations

import base64
import re
from typing import Any

from airdock.exceptions import InvalidRequestError
from airdock.masking import mask

_PEM = re.compile(r"(-----BEGIN [A-Z0-9 ]+-----)(.*?)(-----END [A-Z0-9 ]+-----)", re.DOTALL)
_SWITCHES = {"true": True, "false": False}


def find_connection(conn_id: str) -> Any:
    """
    Return a connection of Airflow, from where it looks for them.

    :raises AirflowNotFoundException: there is no such connection.
    """
    try:
        from airflow.sdk import BaseHook
    except ImportError:  # Airflow 2
        from airflow.hooks.base import BaseHook

    return BaseHook.get_connection(conn_id)


def connection_engine(conn_id: str | None) -> dict[str, Any]:
    """
    Return what a connection says of an engine, in the JSON form of the protocol's Engine.

    ``hosts``, ``timeout`` and ``api_version`` are there where the connection has them. ``tls`` is absent
    where it says nothing of TLS, and empty where it turns TLS off. docs/connection.md has the fields.

    :param conn_id: its id; None or empty: no connection, which says nothing.
    :raises InvalidRequestError: the connection contradicts itself.
    :raises AirflowNotFoundException: there is no such connection.
    """
    if not conn_id:
        return {}
    connection = find_connection(conn_id)
    hosts = [host.strip() for host in (connection.host or "").split(",") if host.strip()]
    engine: dict[str, Any] = {"hosts": [_address(host, connection.port) for host in hosts]}
    # From a URI all values are text. A form leaves null and empty fields behind.
    extra = {
        name: _SWITCHES.get(str(value).lower(), value) for name, value in connection.extra_dejson.items()
    }
    switch = extra.pop("tls", None)
    if switch not in (None, "", True, False):
        raise InvalidRequestError(f"The connection {conn_id} has tls {switch!r}; expected true or false.")
    tls = {name: value for name, value in extra.items() if value not in (None, "", False)}
    if timeout := tls.pop("timeout", None):
        engine["timeout"] = f"{timeout}s"
    if version := tls.pop("api_version", None):
        engine["api_version"] = str(version)
    tls |= tls_materials(tls.get("ca"), tls.get("cert"), connection.password)
    if tls and switch is False:
        raise InvalidRequestError(
            f"The connection {conn_id} turns TLS off and has {', '.join(tls)}: turn TLS on, or take them out."
        )
    if switch:
        tls.setdefault("insecure_skip_verify", False)  # Without anything else: the system's authorities.
    if tls or switch is False:
        engine["tls"] = tls
    return engine


def tls_materials(ca: str | None, cert: str | None, key: str | None) -> dict[str, Any]:
    """
    Return members of the protocol's TLS. A key that is given as text is masked in the log from here on.

    :param ca: each the path of a file on the worker, or the PEM text itself; None or empty: not given.
    """
    if key and "-----BEGIN" in key:
        mask([key])
    given = {"ca": ca, "cert": cert, "key": key}
    return {name: _material(value) for name, value in given.items() if value}


def _material(value: str) -> dict[str, str]:
    if "-----BEGIN" not in value:
        return {"path": value}
    # The one line of a password field loses the line ends of what is pasted into it.
    text = "".join(
        "\n".join([pem[1], *pem[2].replace("\\n", " ").split(), pem[3], ""]) for pem in _PEM.finditer(value)
    )
    return {"pem": base64.b64encode((text or value).encode()).decode()}


def _address(host: str, port: int | None) -> str:
    host = f"unix://{host}" if host.startswith("/") else host
    return f"{host}:{port}" if port else host
