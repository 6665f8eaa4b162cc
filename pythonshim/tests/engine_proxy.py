"""A proxy to the engine on a unix socket or a TCP port, without TLS or with a certificate of the test's.

It is a second way to the same engine, on which a test sees the requests and may look at a container just
before it starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

_REQUEST = re.compile(rb"(?:^|\r\n\r\n)((?:GET|HEAD|POST|PUT|DELETE) \S+) HTTP/1\.1\r\n")
_START = re.compile(r"POST /v[\d.]+/containers/([0-9a-f]+)/start")


class EngineProxy:
    """
    Relays connections to the engine of the DOCKER_* variables, with their certificates.

    :param path: of the unix socket to listen on; None: a TCP port of 127.0.0.1.
    :param before_start: is called with a container's id before the engine is asked to start it.
    :param tls: of the port; None: plain HTTP.
    """

    #: 0: any that is free.
    port = 0

    def __init__(
        self,
        path: Path | None = None,
        before_start: Callable[[str], None] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._path = path
        self._own_tls = tls
        self._before_start = before_start
        self._host, _, self._port = os.environ["DOCKER_HOST"].removeprefix("tcp://").rpartition(":")
        folder = os.environ["DOCKER_CERT_PATH"]
        self._tls = ssl.create_default_context(cafile=f"{folder}/ca.pem")
        self._tls.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.url = ""
        #: Method and path of every request so far.
        self.requests: list[str] = []

    def __enter__(self) -> EngineProxy:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> None:
        if self._path is None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._own_tls)
            self.url = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        else:
            server = await asyncio.start_unix_server(self._serve, str(self._path))
            self.url = f"unix://{self._path}"
        self._server = server

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._host, int(self._port), ssl=self._tls)
        there = asyncio.ensure_future(self._pump(reader, far_writer, True))
        back = asyncio.ensure_future(self._pump(far_reader, writer, False))
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        for task in (there, back):
            task.cancel()
        for end in (writer, far_writer):
            end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(65536):
                for request in _REQUEST.findall(piece) if requests else ():
                    self.requests.append(request.decode())
                    start = _START.match(self.requests[-1])
                    if start and self._before_start:
                        await self._loop.run_in_executor(None, self._before_start, start[1])
                writer.write(piece)
                await writer.drain()
