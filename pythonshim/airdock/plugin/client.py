"""The wire: requests as plain data in the protocol's JSON form, events as generated messages.

grpc and the generated code are imported when a call is made, never when a DAG is parsed.

Airflow interrupts a task with exceptions that signal handlers raise in the main thread, anywhere. Raised
inside grpc, one can leave a lock of grpc's taken for ever (seen with grpcio 1.85.1). So runs are called, read
and given up on other threads, and the main thread only takes events from a queue.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from logging import Logger
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from airdock.exceptions import CallGivenUpError, InternalError
from airdock.plugin.messages import failure, fill
from airdock.plugin.process import PluginProcess

if TYPE_CHECKING:
    import grpc
    from google.protobuf.message import Message

    from airdock._protocol.airdock_pb2 import Event

_OPTIONS = [
    ("grpc.max_receive_message_length", 16 << 20),
    ("grpc.max_send_message_length", 16 << 20),
    ("grpc.enable_http_proxy", 0),
    # Each channel its own connection: a Stop must not queue behind a run's output.
    ("grpc.use_local_subchannel_pool", 1),
    # The thread that reads a call sleeps until there is something. Else grpc wakes it ten times a second,
    # and has a further thread for each channel that does the same.
    ("SingleThreadedUnaryStream", 1),
]

#: How many events are read ahead of the task's log; then the plugin has to wait.
_AHEAD = 16


class Plugin(PluginProcess):
    """
    A plugin process and the calls that it answers. A context manager: the process lives inside ``with``.

    :param log: where the plugin's own log records go.
    :param environ: the environment of the worker.
    """

    def __init__(self, log: Logger, environ: Mapping[str, str]) -> None:
        super().__init__(log, environ)
        self._stdio = threading.Thread(target=self._drain, name="airdock-stdio", daemon=True)

    def __enter__(self) -> Plugin:
        try:
            self.start()
            self._stdio.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, once it has settled what it still runs. See PluginProcess.close."""
        super().close()
        if self._stdio.ident is not None:
            self._stdio.join(1)

    def call(self, operation: str, request: Mapping[str, Any]) -> PluginCall:
        """
        Begin an operation that answers with a stream of events.

        :param operation: its name in the protocol: ``Run``, ``Build`` ...
        :param request: its request, a RunRequest for example, in JSON form.
        :raises InvalidRequestError: a value has a type that its field cannot take.
        """
        from airdock._protocol import airdock_pb2

        return PluginCall(self, operation, fill(request, getattr(airdock_pb2, f"{operation}Request")()))

    def stop(self, request: Mapping[str, Any], timeout: float) -> list[str]:
        """
        Stop a run and return the ids of its containers once they are stopped and, where asked, removed.

        :param request: a StopRequest in JSON form.
        :param timeout: seconds to wait for the answer.
        """
        import grpc

        from airdock._protocol.airdock_pb2 import StopRequest
        from airdock._protocol.airdock_pb2_grpc import AirdockStub

        with self.connect() as channel:
            ask = AirdockStub(channel).Stop
            try:
                response = ask(fill(request, StopRequest()), metadata=self.metadata(), timeout=timeout)
            except grpc.RpcError as error:
                raise self.error(error) from None
        return list(response.containers)

    def error(self, error: Exception) -> Exception:
        """Return what a failed call means: the plugin's own error, or that the plugin is no more."""
        import grpc

        if not isinstance(error, grpc.RpcError):
            return error
        detail = failure(error.trailing_metadata() or ())
        if detail is not None:
            return detail
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            return self.death()
        # By PluginCall.give_up, since the plugin's errors have a kind.
        if error.code() is grpc.StatusCode.CANCELLED:
            return CallGivenUpError("The call was stopped on request.")
        return InternalError(f"The plugin answered {error.code().name}: {error.details()}")

    def connect(self) -> grpc.Channel:
        """Return a new channel to the plugin."""
        import grpc

        return grpc.insecure_channel(self.target, options=_OPTIONS)

    def metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """Return what proves to the plugin that a call is its host's."""
        return (("authorization", f"Bearer {self.token}"),)

    def _drain(self) -> None:
        """Read what the plugin prints: without a reader a plugin that prints would block for ever."""
        import grpc

        with self.connect() as channel:
            stdio = channel.unary_stream("/plugin.GRPCStdio/StreamStdio", bytes, bytes)
            try:
                for piece in stdio(b"", metadata=self.metadata()):
                    self.log.debug("The plugin printed: %s", piece.decode("utf-8", "replace"))
            except grpc.RpcError:  # that is how it ends: with the process
                pass


class PluginCall:
    """
    An operation, under way from here on: its events, read on a thread of their own.

    :param plugin: the plugin that does it.
    :param operation: its name in the protocol.
    :param message: its request.
    """

    def __init__(self, plugin: Plugin, operation: str, message: Message) -> None:
        self._plugin = plugin
        self._operation = operation
        self._message = message
        self._call: Any = None
        self._given_up = False
        # Of all queues only this one's operations cannot be broken off half way by a signal handler.
        self._events: SimpleQueue[Event | Exception | None] = SimpleQueue()
        self._credits: SimpleQueue[None] = SimpleQueue()
        for _ in range(_AHEAD):
            self._credits.put(None)
        self._thread = threading.Thread(target=self._read, name="airdock-run", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Event]:
        while (event := self._events.get()) is not None:
            if isinstance(event, Exception):
                raise event
            yield event
            self._credits.put(None)

    def give_up(self) -> None:
        """End the call: the plugin settles the run by its on_host_lost. Any thread may say so, again too."""
        self._given_up = True
        self._credits.put(None)
        if self._call is not None:
            self._call.cancel()

    def join(self, timeout: float) -> None:
        """Wait for the thread, after the call ended or the plugin did."""
        self._thread.join(timeout)

    def _read(self) -> None:
        outcome: Exception | None = None
        try:
            self._read_events()
        except Exception as error:
            outcome = self._plugin.error(error)
        finally:
            self._events.put(outcome)

    def _read_events(self) -> None:
        from airdock._protocol.airdock_pb2_grpc import AirdockStub

        with self._plugin.connect() as channel:
            begin = getattr(AirdockStub(channel), self._operation)
            self._call = begin(self._message, metadata=(*self._plugin.metadata(), ("airdock-log", "text")))
            if self._given_up:
                self._call.cancel()
            for event in self._call:
                self._credits.get()
                if self._given_up:
                    raise CallGivenUpError("The call was stopped on request.")
                self._events.put(event)
