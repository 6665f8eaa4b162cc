"""The gRPC side of a fake plugin: what the shim calls, with a Run of the test's own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from airdock._protocol import airdock_pb2


def serve(run: Callable[[Any, grpc.ServicerContext], Iterator[Any]]) -> None:
    """Serve until standard input ends, which is how the shim says goodbye."""
    server = grpc.server(ThreadPoolExecutor(8))
    handlers = {
        "Run": grpc.unary_stream_rpc_method_handler(
            run, airdock_pb2.RunRequest.FromString, airdock_pb2.Event.SerializeToString
        ),
        "Stop": grpc.unary_unary_rpc_method_handler(
            lambda request, context: airdock_pb2.StopResponse(), airdock_pb2.StopRequest.FromString, _bytes
        ),
    }
    stdio = {"StreamStdio": grpc.unary_stream_rpc_method_handler(_silence)}
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("airdock.v1.Airdock", handlers),
            grpc.method_handlers_generic_handler("plugin.GRPCStdio", stdio),
        )
    )
    path = os.path.join(os.environ["PLUGIN_UNIX_SOCKET_DIR"], "plugin")
    server.add_insecure_port(f"unix:{path}")
    server.start()
    print(f"1|1|unix|{path}|grpc|", flush=True)
    sys.stdin.read()
    os._exit(0)


def _bytes(message: Any) -> bytes:
    return bytes(message.SerializeToString())


def _silence(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
    while context.is_active():
        time.sleep(0.1)
    yield from ()
