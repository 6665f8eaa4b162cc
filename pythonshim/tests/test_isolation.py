"""Who may call the plugin."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import grpc
import pytest
from support import RecordingLog, Traces

from airdock.plugin.client import Plugin

UNARY = ("/airdock.v1.Airdock/Stop", "/plugin.GRPCController/Shutdown", "/grpc.health.v1.Health/Check")
STREAMS = (
    "/airdock.v1.Airdock/Info",
    "/airdock.v1.Airdock/Run",
    "/plugin.GRPCStdio/StreamStdio",
    "/plugin.GRPCBroker/StartStream",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/no.such.Service/Method",
)


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", ""),),
        (("authorization", "Bearer "),),
        (("authorization", "Bearer " + "x" * 43),),
        (("authorization", "x" * 43),),
    ],
    ids=["none", "empty", "no-token", "wrong", "no-bearer"],
)
@pytest.mark.parametrize("method", UNARY + STREAMS)
def test_without_the_token_every_method_is_refused(
    method: str, metadata: tuple[tuple[str, str], ...], local_traces: Traces
) -> None:
    def call(channel: grpc.Channel) -> None:
        if method in UNARY:
            channel.unary_unary(method, bytes, bytes)(b"", metadata=metadata, timeout=5)
        else:
            stream = channel.stream_stream(method, bytes, bytes)
            list(stream(iter([b""]), metadata=metadata, timeout=5))

    with Plugin(RecordingLog(), os.environ) as plugin, plugin.connect() as channel:
        with pytest.raises(grpc.RpcError) as raised:
            call(channel)
        expected = {grpc.StatusCode.UNAUTHENTICATED}
        if method.startswith("/no.such"):
            expected.add(grpc.StatusCode.UNIMPLEMENTED)
        assert raised.value.code() in expected
        assert len(local_traces.plugins()) == 1, "the refused call ended the plugin"


def test_another_user_cannot_connect(local_traces: Traces) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    # The child drops root itself: with user= Python would fork, and a fork while grpc is at work can abort.
    code = (
        "import os, socket, sys\n"
        "s = socket.socket(socket.AF_UNIX)\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: s.connect(sys.argv[1])\n"
        "except PermissionError: print('refused')\n"
    )
    os.chmod(local_traces.folder, 0o755)
    with Plugin(RecordingLog(), os.environ) as plugin:
        path = plugin.target.removeprefix("unix:")
        with socket.socket(socket.AF_UNIX) as ours:
            ours.connect(path)
        done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr


def test_the_token_is_in_no_argv_and_no_log(local_traces: Traces) -> None:
    log = RecordingLog()
    with Plugin(log, os.environ | {"AIRDOCK_LOG_LEVEL": "trace"}) as plugin:
        (pid,) = local_traces.plugins()
        with open(f"/proc/{pid}/cmdline") as file:
            assert plugin.token not in file.read()
        token = plugin.token
    assert all(token not in line for line in log.lines())


def test_python_is_not_the_reason(local_traces: Traces) -> None:
    """The same call with the token passes: the refusals above are about the token alone."""
    with Plugin(RecordingLog(), os.environ) as plugin, plugin.connect() as channel:
        call = channel.unary_unary("/grpc.health.v1.Health/Check", bytes, bytes)
        assert call(b"\n\x06plugin", metadata=plugin.metadata(), timeout=5)
