"""What every operator has in common: one call on an engine, and its end when the task is killed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airdock.call import STOPPABLE, Call
from airdock.engine import EngineSpec
from airdock.exceptions import StoppedError
from airdock.plugin.client import Plugin
from airdock.request import run_key

try:
    from airflow.sdk import BaseOperator
except ImportError:  # Airflow 2
    from airflow.models import BaseOperator

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Event


class EngineTask(BaseOperator):
    """
    An operator with one call under way at most.

    Its parameters are those of the classes that are made of protocol/parameters.
    """

    #: Names of the parameters that go to the plugin as they are.
    request_parameters: ClassVar[Sequence[str]] = ()
    _call: Call | None = None
    _killed = False

    def _complete(self) -> None:
        """Check the parameters, once all of them are set. Called where the table of a class says so."""

    def _given(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.request_parameters}

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
        self._call = Call(operation, request, Plugin(self.log, os.environ), **policy)
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
