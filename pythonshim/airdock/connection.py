"""Airflow's connections: of the type ``airdock`` an engine, of the type ``docker`` a login for a registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airdock.exceptions import InvalidRequestError
from airdock.masking import mask


def connection_fields(conn_id: str | None) -> dict[str, Any] | None:
    """
    Return a connection as the protocol's Engine takes it; docs/connection.md has the fields.

    :param conn_id: its id; None or empty: no connection, which says nothing.
    :raises AirflowNotFoundException: there is no such connection.
    """
    if not conn_id:
        return None
    connection = _find(conn_id)
    mask_key(connection.password)
    return {
        "id": conn_id,
        "host": connection.host,
        "port": connection.port,
        "password": connection.password,
        "extra": connection.extra_dejson,
    }


def mask_key(key: str | None) -> None:
    """
    Have a client's key masked in the log from here on, if it is one and not its path.

    :param key: the path of a file on the worker, or the PEM text itself.
    """
    if key and "-----BEGIN" in key:
        mask([key])


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
