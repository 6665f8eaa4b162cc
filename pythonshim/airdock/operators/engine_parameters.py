"""What every operator has in common: the engine it works on, and its end when the task is killed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airdock.engine import EngineSpec
from airdock.exceptions import StoppedError

try:
    from airflow.sdk import BaseOperator
except ImportError:  # Airflow 2
    from airflow.models import BaseOperator

if TYPE_CHECKING:
    from airdock.run import Run


def assign(holder: Any, parameters: Mapping[str, Any], private: Iterable[str] = ()) -> None:
    """
    Make the parameters of an ``__init__`` attributes of the same names.

    :param parameters: its ``locals()``.
    :param private: those that become attributes with an underscore before the name.
    """
    for name, value in parameters.items():
        if name not in ("self", "kwargs", "__class__"):
            setattr(holder, f"_{name}" if name in private else name, value)


class EngineParameters(BaseOperator):
    """
    An operator with one call under way at most, on a Docker Engine, near or far.

    What of the engine is not given here comes from the connection, setting by setting, and where neither
    names an address from the worker's ``DOCKER_HOST``, ``DOCKER_TLS_VERIFY`` and ``DOCKER_CERT_PATH``, as
    for the docker CLI, or else from the local socket. docs/connection.md says it in full. An empty string
    counts as unset.

    :param airdock_conn_id: connection of Airflow's type ``airdock`` with the engine's address and its
        certificates. (templated)
    :param docker_url: address of the engine, or a list of addresses, of which the first that answers is
        used. (templated)
    :param tls_ca_cert: path of the certificate of the CA that signed the engine's. (templated)
    :param tls_client_cert: path of our certificate. (templated)
    :param tls_client_key: path of its key. (templated)
    :param tls_verify: False: accept any certificate of the engine.
    :param tls_hostname: the name to look for in the engine's certificate, if it is not the address's.
        False: any name, as long as the CA signed it.
    :param timeout: bound on one call of the engine's API, in seconds. It does not bound the task.
    :param api_version: version of the Engine API; None or ``auto``: what both sides know.
    """

    template_fields: Sequence[str] = (
        "airdock_conn_id",
        "docker_url",
        "tls_ca_cert",
        "tls_client_cert",
        "tls_client_key",
    )

    def __init__(
        self,
        *,
        airdock_conn_id: str | None = None,
        docker_url: str | list[str] | None = None,
        tls_ca_cert: str | None = None,
        tls_client_cert: str | None = None,
        tls_client_key: str | None = None,
        tls_verify: bool = True,
        tls_hostname: str | bool | None = None,
        timeout: int | float = 60,
        api_version: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        assign(self, locals())
        self._run: Run | None = None
        self._killed = False

    def engine(self) -> dict[str, Any]:
        """
        Return the request's ``engine``.

        :raises InvalidRequestError: the connection contradicts itself.
        """
        return EngineSpec.of(self).request(os.environ)

    def begin(self, run: Run) -> None:
        """
        Make a call the one that ``on_kill`` stops; it is not started yet.

        :raises StoppedError: the task was killed already.
        """
        self._run = run
        if self._killed:
            raise StoppedError(f"The task was killed before its {run.what} began.")

    def on_kill(self) -> None:
        """Stop what is under way. Airflow may call this before, in the middle of and after execute."""
        if self._run is None:
            self._killed = True
        else:
            self._run.stop()
