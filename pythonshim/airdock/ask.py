"""One question to the engine that leaves nothing running: it needs no stop, only an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from airdock.exceptions import PluginDiedError
from airdock.plugin.client import Plugin

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Event


def ask(
    plugin: Plugin,
    operation: str,
    request: Mapping[str, Any],
    progress: Callable[[Event], None] = lambda event: None,
) -> Event:
    """
    Return the event that ends an operation.

    :param plugin: the plugin that does it, started.
    :param operation: its name in the protocol: Info, Pull, Push.
    :param request: its request in JSON form.
    :param progress: is given each event.
    :raises AirdockError: it failed.
    """
    call = plugin.run(request, operation)
    last: Event | None = None
    try:
        for last in call:
            progress(last)
    finally:
        call.give_up()
        call.join(1)
    if last is None:
        raise PluginDiedError(f"The plugin ended the {operation.lower()} without an answer.")
    return last
