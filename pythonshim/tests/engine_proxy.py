"""A proxy to the engine on a unix socket or a TCP port without TLS: a second way to the same engine, on which a
test sees the requests and may look at a container just before it starts.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

_REQUEST = re.compile(rb"(?:^|\r\n\r\n)((?:GET|HEAD|POST|PUT|DELETE) \S+) HTTP/1\.1\r\n")
_START = re.compile(r"POST /v[\d.]+/containers/([0-9a-f]+)/start")


def engine_address() -> tuple[str, int]:
    host, _, port = os.environ["DOCKER_HOST"].removeprefix("tcp://").rpartition(":")
    return host, int(port)


class EngineProxy:
    """
    Relays connections to the engine of the DOCKER_* variables, with their certificates.

    :param path: of the unix socket to listen on; None: a TCP port of 127.0.0.1.
    :param before_start: is called with a container's id before the engine is asked to start it.
    """

    def __init__(self, path: Path | None = None, before_start: Callable[[str], None] | None = None) -> None:
        if path is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
            self.url = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(path))
            self._listener.listen()
            self.url = f"unix://{path}"
        folder = os.environ["DOCKER_CERT_PATH"]
        self._tls = ssl.create_default_context(cafile=f"{folder}/ca.pem")
        self._tls.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        self._before_start = before_start
        self._open: list[socket.socket] = []
        #: Method and path of every request so far.
        self.requests: list[str] = []

    def __enter__(self) -> EngineProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for connection in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        host, port = engine_address()
        far = self._tls.wrap_socket(socket.create_connection((host, port)), server_hostname=host)
        self._open += [near, far]
        threading.Thread(target=_pump, args=(far, near, None), daemon=True).start()
        _pump(near, far, self._see)

    def _see(self, piece: bytes) -> None:
        for request in _REQUEST.findall(piece):
            self.requests.append(request.decode())
            start = _START.match(self.requests[-1])
            if start and self._before_start:
                self._before_start(start[1])


def _pump(source: socket.socket, target: socket.socket, see: Callable[[bytes], None] | None) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            if see:
                see(piece)
            target.sendall(piece)
    for connection in (source, target):
        # A close alone would wait for the thread that reads the other way.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
