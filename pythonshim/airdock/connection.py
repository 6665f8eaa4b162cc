"""Airflow's connections: of the type ``airdock`` an engine, of the type ``docker`` a login for a registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airdock.exceptions import InvalidRequestError
from airdock.masking import mask

_SWITCHES = {"true": True, "false": False}


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
    connection = _find(conn_id)
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
    return {name: {"written": v} for name, v in (("ca", ca), ("cert", cert), ("key", key)) if v}


def registry_logins(docker_conn_id: str | Iterable[str] | None) -> list[dict[str, str]]:
    """
    Return the request's ``registry_auth``. The passwords are masked in the log from here on.

    :param docker_conn_id: one connection id or several, each a login for the registry in its host and
        port. The image's registry decides which one is used.
    :raises InvalidRequestError: a connection has no host or no login.
    :raises AirflowNotFoundException: there is no such connection.
    """
    ids = [docker_conn_id] if isinstance(docker_conn_id, str) else docker_conn_id or []
    return [_login(conn_id, _find(conn_id)) for conn_id in ids if conn_id]


def _login(conn_id: str, connection: Any) -> dict[str, str]:
    if not connection.host:
        raise InvalidRequestError(f"The connection {conn_id} names no registry: set its host, Registry URL.")
    if not connection.login:
        raise InvalidRequestError(f"The connection {conn_id} has no login: set its login, Username.")
    server = f"{connection.host}:{connection.port}" if connection.port else connection.host
    password = connection.password or ""
    mask([password])
    return {"server_address": server, "username": connection.login, "password": password}


def _find(conn_id: str) -> Any:
    try:
        from airflow.sdk import BaseHook
    except ImportError:  # Airflow 2
        from airflow.hooks.base import BaseHook

    return BaseHook.get_connection(conn_id)


def _address(host: str, port: int | None) -> str:
    host = f"unix://{host}" if host.startswith("/") else host
    return f"{host}:{port}" if port else host
