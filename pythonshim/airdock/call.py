"""One call to the plugin: it owns the plugin for as long as it lasts and leaves nothing behind."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airdock.exceptions import AirdockError, CallGivenUpError, PluginDiedError, StoppedError
from airdock.output import OutputLog
from airdock.plugin.client import Plugin, PluginCall
from airdock.results import ResultFiles

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Event

#: The operations that Stop ends by their key. The others leave nothing running.
STOPPABLE = ("Run", "Build", "VolumePut", "VolumeGet")
#: Between SIGTERM and SIGKILL a task of Airflow 3 has 5 s: the container gets this much of it.
STOP_GRACE = 3.0
#: How long a stop is waited for. What is not over by then the plugin ends without us.
STOP_WAIT = 4.5


class Call:
    """
    A call, from the start of its plugin to the end of it. A context manager.

    Leaving the ``with`` block before the call has ended, by whatever exception, stops what it runs.

    :param operation: its name in the protocol: ``Run``, ``Build`` ...
    :param request: its request in JSON form.
    :param plugin: one that runs already goes on to run; another is started and ended with the call.
    :param remove: whether a stopped container is removed.
    :param keep: stopping lets the container run on; the request's ``on_host_lost`` says so, too.
    """

    def __init__(
        self,
        operation: str,
        request: Mapping[str, Any],
        plugin: Plugin,
        *,
        remove: bool = True,
        keep: bool = False,
    ) -> None:
        self._operation = operation
        #: What it is in a sentence.
        self.what = operation.removeprefix("Volume").lower()
        self._request = request
        self._keep = keep
        stop = {"engine": request["engine"], "key": request.get("key"), "grace": f"{STOP_GRACE}s"}
        self._stop_request = {**stop, "remove": remove}
        self._plugin = plugin
        self._shared = bool(plugin.target)
        self._call: PluginCall | None = None
        self._closed = False
        #: The plugin said how the call ended; until then it may have a container.
        self._ended = threading.Event()
        # A stop is asked for in signal handlers, which may interrupt this very thread while it holds
        # any lock of Python's. So the thread that does it stands ready, is told through a queue whose
        # put is reentrant, and answers by releasing a bare lock.
        self.stop_wanted = False
        self._orders: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stop_done = threading.Lock()
        self._stop_done.acquire()
        self._stopper = threading.Thread(target=self._obey, name="airdock-stopper", daemon=True)

    def __enter__(self) -> Call:
        try:
            self._stopper.start()
            if not self._shared:
                self._plugin.__enter__()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        begun = self._call is not None
        try:
            if begun and not self._ended.is_set():
                self.stop(abandon=True)
        finally:
            self._close()
        if begun and not self._ended.is_set() and self._plugin.exit_code not in (0, None):
            self._settle_with_another_plugin()

    def follow(self, output: OutputLog | None = None, results: ResultFiles | None = None) -> Event:
        """
        Make the call, log what there is to read of it as it comes, and return the event that ends it.

        :param output: where a container's output goes.
        :param results: where the files go that it brings back.
        :raises AirdockError: it failed. A container's exit code is no failure here.
        """
        self._raise_if_stopped()
        self._call = self._plugin.call(self._operation, self._request)
        self._raise_if_stopped()  # A stop between the two lines above found no call to stop.
        output = output or OutputLog(self._plugin.log)
        kind = None
        try:
            for event in self._call:
                kind = event.WhichOneof("event")
                if kind == "output":
                    output.write(event.output)
                elif kind == "log":
                    output.log(event.log)
                elif kind == "result_file" and results is not None:
                    results.add(event.result_file)
        except (PluginDiedError, CallGivenUpError):
            raise
        except AirdockError:
            self._ended.set()
            raise
        if kind in (None, "output", "log", "result_file"):
            raise PluginDiedError(f"The plugin ended the {self.what} without saying how it ended.")
        self._ended.set()
        return event

    def stop(self, *, abandon: bool = False) -> bool:
        """
        Stop the container; return whether it is stopped, and removed where that was asked. One that is
        kept runs on, and only the call ends.

        Safe in a signal handler, before the call began, after it ended, and again. Logs nothing: the
        signal may have interrupted a logger that holds its lock.

        Waits up to 4.5 s; a stop that takes longer goes on in the plugin.

        :param abandon: nobody reads the output any more, so that the plugin need not wait for that.
        """
        self.stop_wanted = True
        if self._call is None or self._ended.is_set() or self._closed:
            return True
        self._orders.put("abandon" if abandon else "stop")
        done = self._stop_done.acquire(timeout=STOP_WAIT)
        if done:
            self._stop_done.release()
        return done

    def _raise_if_stopped(self) -> None:
        if self.stop_wanted:
            raise StoppedError(f"The {self.what} was stopped on request before it began.")

    def _obey(self) -> None:
        order = self._orders.get()
        if order == "end" or self._call is None:
            return
        leave = self._keep or self._operation not in STOPPABLE
        try:
            if order == "abandon" or leave:
                self._call.give_up()
            if not leave and not self._stop_by_plugin(STOP_GRACE + 0.5):
                # A stop waits for the run's last output, and where the main thread stands in a signal
                # handler nobody takes any. Or the order overtook the run on its way to the plugin.
                self._call.give_up()
                self._stop_by_plugin(STOP_WAIT - STOP_GRACE - 0.5)
        finally:
            self._stop_done.release()

    def _stop_by_plugin(self, timeout: float) -> bool:
        # What fails here is left to the plugin, which settles its runs when we are gone, or to __exit__.
        with contextlib.suppress(Exception):
            return bool(self._plugin.stop(self._stop_request, timeout)) or self._ended.wait(0.2)
        return False

    def _close(self) -> None:
        try:
            self._closed = True
            self._orders.put("end")
            if not self._shared:
                self._plugin.close()
            elif self._call is not None:
                self._call.give_up()
        finally:
            if self._call is not None:
                self._call.join(1)
            if self._stopper.ident is not None:
                self._stopper.join(1)

    def _settle_with_another_plugin(self) -> None:
        """Stop what a plugin left that was killed, or died, before it could do that itself."""
        if self._keep or self._operation not in STOPPABLE or self._operation == "Build":
            return  # The engine cancels a build when its plugin's connection ends.
        log = self._plugin.log
        try:
            with Plugin(log, self._plugin.environ) as plugin:
                stopped = plugin.stop(self._stop_request, 2 * STOP_WAIT)
        except Exception as error:
            log.error(
                "The plugin is gone and its container could not be stopped (%s): look for the label "
                "dev.airdock.key=%s on the engine.",
                error,
                self._request["key"],
            )
            return
        for container in stopped:
            log.warning("The plugin is gone; its container %s was stopped.", container[:12])
