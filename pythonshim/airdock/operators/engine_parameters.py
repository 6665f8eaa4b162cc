"""What every operator has in common: the engine it works on, and its end when the task is killed."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airdock.call import STOPPABLE, Call
from airdock.engine import EngineSpec
from airdock.exceptions import StoppedError
from airdock.request import run_key

try:
    from airflow.sdk import BaseOperator
except ImportError:  # Airflow 2
    from airflow.models import BaseOperator

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Event


def assign(holder: Any, parameters: Mapping[str, Any], private: Collection[str] = ()) -> set[str]:
    """
    Make the parameters of an ``__init__`` attributes of the same names, and return the names.

    :param parameters: its ``locals()``.
    :param private: those that become attributes with an underscore before the name, and are not returned.
    """
    names = parameters.keys() - {"self", "kwargs", "__class__"}
    for name in names:
        setattr(holder, f"_{name}" if name in private else name, parameters[name])
    return names - set(private)


def one_of(name: str, value: object, values: Collection[object]) -> None:
    """
    Check a parameter that has few values.

    :raises ValueError: it has none of them.
    """
    if value not in values:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(str, values))}.")


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
        *("airdock_conn_id", "docker_url", "tls_ca_cert", "tls_client_cert", "tls_client_key"),
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
        self._call: Call | None = None
        self._killed = False

    def call(
        self, context: Any, operation: str, fields: Mapping[str, Any], *follow: Any, **policy: Any
    ) -> Event:
        """
        Make a call, which ``on_kill`` stops, and return the event that ends it.

        :param context: Airflow's, of the task.
        :param operation: its name in the protocol.
        :param fields: of its request, in JSON form, but for engine and key.
        :param follow: what Call.follow takes.
        :param policy: ``remove`` and ``keep``, as Call has them.
        :raises StoppedError: the task was killed already.
        :raises AirdockError: it failed; one subclass for each reason.
        """
        request = {"engine": EngineSpec.of(self).request(os.environ), **fields}
        if operation in STOPPABLE:
            request["key"] = run_key(context["ti"])
        self._call = Call(operation, request, log=self.log, environ=os.environ, **policy)
        if self._killed:
            raise StoppedError(f"The task was killed before its {self._call.what} began.")
        with self._call as call:
            return call.follow(*follow)

    def on_kill(self) -> None:
        """Stop what is under way. Airflow may call this before, in the middle of and after execute."""
        if self._call is None:
            self._killed = True
        else:
            self._call.stop()
