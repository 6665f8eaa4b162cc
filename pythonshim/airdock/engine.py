"""Which engine a task means: from the operator's parameters and the environment to a request's ``engine``.

Everything here is plain data in the protocol's JSON form; whether it can be
meant is for the plugin to say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from airdock.exceptions import InvalidRequestError

DEFAULT_HOST = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class EngineSpec:
    """
    The connection parameters of an operator, after templating. Empty strings count as unset.

    :param docker_url: address or addresses of the engine. Unset: ``DOCKER_HOST``, and with it
        ``DOCKER_TLS_VERIFY``, ``DOCKER_TLS`` and ``DOCKER_CERT_PATH`` as the docker CLI means them.
    :param tls_ca_cert: path of the CA's certificate.
    :param tls_client_cert: path of the client's certificate; goes with ``tls_client_key``.
    :param tls_client_key: path of the client's key.
    :param tls_verify: False accepts any certificate of the engine.
    :param tls_hostname: name to look for in the engine's certificate instead of the address's;
        False: any name, as long as the CA signed it.
    :param timeout: bound on one call of the engine's API, in seconds.
    :param api_version: version of the Engine API; None or ``auto``: what both sides know.
    """

    docker_url: str | Sequence[str] | None = None
    tls_ca_cert: str | None = None
    tls_client_cert: str | None = None
    tls_client_key: str | None = None
    tls_verify: bool = True
    tls_hostname: str | bool | None = None
    timeout: float = 60
    api_version: str | None = None

    @classmethod
    def of(cls, holder: Any) -> EngineSpec:
        """Return the spec that an operator or a hook has in its attributes of the same names."""
        return cls(**{field.name: getattr(holder, field.name) for field in fields(cls)})

    def request(self, environ: Mapping[str, str]) -> dict[str, Any]:
        """
        Return the request's ``engine``.

        :param environ: the environment of the worker.
        :raises InvalidRequestError: a certificate comes without its key.
        """
        hosts = _hosts(self.docker_url)
        from_environment = not hosts
        engine: dict[str, Any] = {
            "hosts": hosts or [environ.get("DOCKER_HOST") or DEFAULT_HOST],
            "timeout": f"{self.timeout}s",
        }
        tls = self._explicit_tls()
        if not tls and from_environment:
            tls = _environment_tls(environ)
        if not self.tls_verify:
            tls["insecure_skip_verify"] = True
        if self.tls_hostname and isinstance(self.tls_hostname, str):
            tls["server_name"] = self.tls_hostname
        elif self.tls_hostname is False and tls:
            tls["skip_name_check"] = True
        if self.api_version:
            engine["api_version"] = self.api_version
        if tls:
            engine["tls"] = tls
        return engine

    def _explicit_tls(self) -> dict[str, Any]:
        if bool(self.tls_client_cert) != bool(self.tls_client_key):
            given, missing = ("tls_client_cert", "tls_client_key")
            if self.tls_client_key:
                given, missing = missing, given
            raise InvalidRequestError(f"{given} is given and {missing} is not: give both or neither.")
        paths = {"ca": self.tls_ca_cert, "cert": self.tls_client_cert, "key": self.tls_client_key}
        return {name: {"path": path} for name, path in paths.items() if path}


def _hosts(docker_url: str | Sequence[str] | None) -> list[str]:
    urls = [docker_url] if isinstance(docker_url, str) else docker_url or []
    return [url for url in urls if url]


def _environment_tls(environ: Mapping[str, str]) -> dict[str, Any]:
    """As the docker CLI: any value of the two switches turns TLS on, also "0"."""
    verify = bool(environ.get("DOCKER_TLS_VERIFY"))
    if not verify and not environ.get("DOCKER_TLS"):
        return {}
    folder = environ.get("DOCKER_CERT_PATH") or environ.get("DOCKER_CONFIG")
    if not folder:
        folder = os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".docker")
    tls: dict[str, Any] = {"ca": {"path": os.path.join(folder, "ca.pem")}} if verify else {}
    for name in ("cert", "key"):  # The CLI goes without those that are not there, never without the CA.
        path = os.path.join(folder, f"{name}.pem")
        if os.path.exists(path):
            tls[name] = {"path": path}
    if not verify:
        tls["insecure_skip_verify"] = True
    return tls
