"""One plugin process, from its start to the last trace of it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from logging import Logger
from typing import IO

from airdock.exceptions import PluginDiedError, PluginStartError, PluginVersionError
from airdock.plugin.binary import AGAIN, find_plugin
from airdock.plugin.hclog import StderrLog

#: What go-plugin calls the magic cookie: it tells a plugin from a program that a person started.
COOKIE = ("AIRDOCK_PLUGIN_COOKIE", "6f1d8a5e-airdock-plugin")
PROTOCOL_VERSION = "1"
HANDSHAKE_SECONDS = 10.0
#: How long the plugin has to settle its runs and exit after its standard input ended.
SETTLE_SECONDS = 10.0

_PASSED_ON = (
    *("PATH", "HOME", "TMPDIR", "LANG", "DOCKER_CONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK"),
    "AIRDOCK_PPROF",
)


class PluginProcess:
    """
    A plugin process in a session of its own, with a socket folder that only this user can enter.

    The plugin takes the end of its standard input for our death and then stops what it runs, by
    itself. So whatever interrupts us, and wherever, nothing stays: the pipe's other end goes with us.

    :param log: where the plugin's own log records go.
    :param environ: the environment of the worker; the plugin gets little of it.
    """

    def __init__(self, log: Logger, environ: Mapping[str, str]) -> None:
        self.log = log
        self.environ = environ
        # Named before it is made: an exception right after mkdir still finds it.
        self._folder = _socket_folder()
        # The end of the pipe that tells the plugin that we live. It is ours before there is a process:
        # an exception in the middle of Popen loses the process, and closing this still ends it.
        self._lifeline: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: StderrLog | None = None
        self.token = secrets.token_urlsafe(32)
        #: Its address for gRPC, once it runs.
        self.target = ""

    def start(self) -> None:
        """
        Start the process and wait for its handshake; then ``target`` is its address for gRPC.

        Call :meth:`close` after it in any case.

        :raises PluginNotFoundError: there is no plugin binary.
        :raises PluginStartError: it did not introduce itself within 10 s.
        :raises PluginVersionError: it speaks another version of the protocol, or is not the one of our wheel.
        """
        binary = find_plugin(self.environ)
        os.mkdir(self._folder, 0o700)
        theirs, ours = os.pipe()
        self._lifeline = os.fdopen(ours, "wb", 0)
        # Not by its environment, which every process of this user may read for as long as it lives.
        self._lifeline.write(f"{self.token}\n".encode())
        environment, pipe = self._plugin_environment(), subprocess.PIPE
        try:
            # In a session of its own: Airflow signals the task's whole process group, and the plugin must
            # outlive that to stop the container.
            self._process = subprocess.Popen(
                [binary], 0, stdin=theirs, stdout=pipe, stderr=pipe, env=environment, start_new_session=True
            )
        except OSError as error:
            raise PluginStartError(f"The plugin {binary} cannot be started: {error}.") from error
        finally:
            os.close(theirs)
        assert self._process.stderr is not None
        self._stderr = StderrLog(self._process.stderr, self.log)
        self.target = _address(self._handshake(self._process), binary)

    def close(self) -> None:
        """
        Let the plugin settle what it still runs, and see it off: no process, pipe or folder stays.

        Takes as long as the plugin needs, some milliseconds when it runs nothing, and kills it after 10 s.
        """
        try:
            if self._lifeline is not None:
                self._lifeline.close()
            if self._process is not None:
                self._wait(self._process)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def exit_code(self) -> int | None:
        """The exit code, as subprocess has it; None while it runs or when it never did."""
        return None if self._process is None else self._process.poll()

    def death(self) -> PluginDiedError:
        """Return the error that says how the plugin died, once a call found that it did."""
        assert self._process is not None
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return PluginDiedError("The connection to the plugin broke; its process is still alive.")
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
        return PluginDiedError(f"The plugin process {how} in the middle of a call.{self._last_words()}")

    def _plugin_environment(self) -> dict[str, str]:
        environment = {name: self.environ[name] for name in _PASSED_ON if name in self.environ}
        debug = self.log.isEnabledFor(10)
        return environment | {
            COOKIE[0]: COOKIE[1],
            "AIRDOCK_TOKEN": "-",
            "AIRDOCK_WATCH_FD": "0",
            "AIRDOCK_LOG_LEVEL": self.environ.get("AIRDOCK_LOG_LEVEL") or ("debug" if debug else "info"),
            "PLUGIN_UNIX_SOCKET_DIR": self._folder,
            "PLUGIN_PROTOCOL_VERSIONS": PROTOCOL_VERSION,
        }

    def _handshake(self, process: subprocess.Popen[bytes]) -> str:
        assert process.stdout is not None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(HANDSHAKE_SECONDS, give_up)
        timer.start()
        try:
            line = process.stdout.readline(4096)
        finally:
            timer.cancel()
        if line.endswith(b"\n") or len(line) == 4096:
            return line.decode("utf-8", "replace").strip()
        how = "ended before it introduced itself"
        if late.is_set():
            how = f"did not introduce itself within {HANDSHAKE_SECONDS:.0f} s"
        raise PluginStartError(f"The plugin {how}.{self._last_words()}")

    def _last_words(self) -> str:
        assert self._stderr is not None
        self._stderr.close(timeout=1)
        tail = self._stderr.tail()
        return f" Its last words:\n{tail}" if tail else ""

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        try:
            process.wait(SETTLE_SECONDS)
        except subprocess.TimeoutExpired:
            self.log.warning("The plugin did not end within %.0f s and is killed.", SETTLE_SECONDS)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if self._stderr is not None:
            self._stderr.close(timeout=1)
        process.stdout.close()


def _address(handshake: str, binary: str) -> str:
    """Return gRPC's target of a go-plugin handshake line: core|protocol|network|address|grpc|..."""
    core, protocol, network, address, kind = (handshake.split("|") + [""] * 5)[:5]
    if core != "1" or not protocol:
        raise PluginStartError(
            f"The plugin introduced itself with {handshake[:200]!r}, which is no handshake."
        )
    if protocol != PROTOCOL_VERSION:
        raise PluginVersionError(
            f"The plugin {binary} speaks version {protocol[:20]} of the protocol, and this package speaks "
            f"version {PROTOCOL_VERSION}. The two must be of one release: `{AGAIN}` brings both; "
            "AIRDOCK_PLUGIN must then name no other."
        )
    if network != "unix" or kind != "grpc":
        raise PluginStartError(f"The plugin offers {kind} over {network}, expected grpc over unix.")
    return f"unix:{address}"


def _socket_folder() -> str:
    # A socket's path has at most 107 bytes, and go-plugin adds a name of up to 17 to the folder.
    name = f"airdock-{secrets.token_hex(8)}"
    folder = os.path.join(tempfile.gettempdir(), name)
    return folder if len(os.fsencode(folder)) <= 90 else os.path.join("/tmp", name)
