"""One question to the engine that leaves nothing running: it needs no stop, only an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from airdock._compat import Logger
from airdock.exceptions import PluginDiedError
from airdock.plugin.client import Plugin, RunCall

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Event


def ask(
    operation: str,
    request: Mapping[str, Any],
    *,
    log: Logger,
    environ: Mapping[str, str],
    progress: Callable[[Event], None] = lambda event: None,
) -> Event:
    """
    Return the event that ends an operation, made in a plugin of its own.

    :param operation: its name in the protocol: Info, Pull, Push.
    :param request: its request in JSON form.
    :param log: the task's logger.
    :param environ: the environment of the worker.
    :param progress: is given each event.
    :raises AirdockError: it failed.
    """
    call: RunCall | None = None
    last: Event | None = None
    try:
        with Plugin(log, environ) as plugin:
            call = plugin.run(request, operation)
            try:
                for last in call:
                    progress(last)
            finally:
                call.give_up()
    finally:
        if call is not None:
            call.join(1)
    if last is None:
        raise PluginDiedError(f"The plugin ended the {operation.lower()} without an answer.")
    return last
