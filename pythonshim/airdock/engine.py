"""Which engine a task means: from its parameters, a connection and the environment to a request's ``engine``.

Everything here is plain data in the protocol's JSON form; whether it can be
meant is for the plugin to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from airdock._protocol.types import EngineFields
from airdock.connection import connection_fields, mask_key
from airdock.request import request_parameters

#: Of them the plugin reads what the docker CLI does.
_VARIABLES = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_TLS", "DOCKER_CERT_PATH", "DOCKER_CONFIG", "HOME")


class EngineSpec(EngineFields):
    """
    How an operator, a hook or a client names its engine. Empty strings count as unset.

    What is not given comes from the connection, setting by setting; ``tls_verify`` and ``timeout`` count
    as given when they are not the default. Where neither names an address, it is that of ``DOCKER_HOST``;
    and where neither says anything of TLS, either, that comes from ``DOCKER_TLS_VERIFY``, ``DOCKER_TLS``
    and ``DOCKER_CERT_PATH`` as the docker CLI means them. The last resort is the local socket.
    """

    @classmethod
    def of(cls, holder: Any) -> EngineSpec:
        """Return the spec that an operator has in its attributes of the same names."""
        return cls(**{field.name: getattr(holder, field.name) for field in fields(cls)})

    def request(self, environ: Mapping[str, str]) -> dict[str, Any]:
        """
        Return the request's ``engine``.

        :param environ: the environment of the worker.
        :raises AirflowNotFoundException: there is no such connection.
        """
        mask_key(self.tls_client_key)
        given = {name: value for name, value in vars(self).items() if value != getattr(EngineFields, name)}
        conn_id = given.pop("airdock_conn_id", None)
        return {
            "parameters": request_parameters(given, {}),
            "connection": connection_fields(conn_id),
            "environment": {name: environ[name] for name in _VARIABLES if name in environ},
        }
