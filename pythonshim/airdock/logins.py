"""Logins for registries, from Airflow's own connections of the type ``docker``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airdock.connection import find_connection
from airdock.exceptions import InvalidRequestError
from airdock.masking import mask


def registry_logins(docker_conn_id: str | Iterable[str] | None) -> list[dict[str, str]]:
    """
    Return the request's ``registry_auth``. The passwords are masked in the log from here on.

    :param docker_conn_id: one connection id or several, each a login for the registry in its host and
        port. The image's registry decides which one is used.
    :raises InvalidRequestError: a connection has no host or no login.
    :raises AirflowNotFoundException: there is no such connection.
    """
    ids = [docker_conn_id] if isinstance(docker_conn_id, str) else docker_conn_id or []
    return [_login(conn_id, find_connection(conn_id)) for conn_id in ids if conn_id]


def _login(conn_id: str, connection: Any) -> dict[str, str]:
    if not connection.host:
        raise InvalidRequestError(f"The connection {conn_id} names no registry: set its host, Registry URL.")
    if not connection.login:
        raise InvalidRequestError(f"The connection {conn_id} has no login: set its login, Username.")
    server = f"{connection.host}:{connection.port}" if connection.port else connection.host
    mask([connection.password or ""])
    return {
        "server_address": server,
        "username": connection.login,
        "password": connection.password or "",
    }
