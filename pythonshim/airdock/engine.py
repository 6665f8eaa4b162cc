"""Which engine a task means: from its parameters, a connection and the environment to a request's ``engine``.

Everything here is plain data in the protocol's JSON form; whether it can be
meant is for the plugin to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from airdock._protocol.engine import EngineFields
from airdock.connection import connection_engine, tls_materials

DEFAULT_HOST = "unix:///var/run/docker.sock"
_VARIABLES = ("DOCKER_TLS_VERIFY", "DOCKER_TLS", "DOCKER_CERT_PATH", "DOCKER_CONFIG", "HOME")


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
        :raises InvalidRequestError: the connection contradicts itself.
        """
        engine = connection_engine(self.airdock_conn_id)
        given = tls_materials(self.tls_ca_cert, self.tls_client_cert, self.tls_client_key)
        silent = not given and "tls" not in engine
        tls = engine.pop("tls", {}) | given
        urls = [self.docker_url] if isinstance(self.docker_url, str) else self.docker_url or []
        engine["hosts"] = [url for url in urls if url] or engine.get("hosts")
        if not engine["hosts"]:
            # The plugin reads it as the docker CLI does.
            environment = {name: environ[name] for name in _VARIABLES if silent and environ.get(name)}
            engine["environment"] = {"DOCKER_HOST": environ.get("DOCKER_HOST") or DEFAULT_HOST, **environment}
        if not self.tls_verify:
            tls["insecure_skip_verify"] = True
        if self.tls_hostname and isinstance(self.tls_hostname, str):
            tls["server_name"] = self.tls_hostname
        elif self.tls_hostname is False and (tls or {*_VARIABLES[:2]} & engine.get("environment", {}).keys()):
            tls["skip_name_check"] = True
        if tls:
            engine["tls"] = tls
        if self.timeout != 60:
            engine["timeout"] = f"{self.timeout}s"
        if self.api_version:
            engine["api_version"] = self.api_version
        return engine
