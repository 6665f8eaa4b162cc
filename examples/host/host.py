"""Runs a command in a container, as a host of airdock-plugin: host.py IMAGE COMMAND..."""

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import threading

import airdock_pb2 as airdock
import airdock_pb2_grpc
import grpc

TOKEN = secrets.token_hex(32)
METADATA = [("authorization", f"Bearer {TOKEN}")]
LIMITS = [("grpc.max_receive_message_length", 16 << 20)]


def main(image: str, *command: str) -> int:
    folder = os.environ["DOCKER_CERT_PATH"]
    tls = airdock.TLS(**{n: airdock.Material(path=f"{folder}/{n}.pem") for n in ("ca", "cert", "key")})
    request = airdock.RunRequest(
        engine=airdock.Engine(hosts=[os.environ["DOCKER_HOST"]], tls=tls),
        key=f"example-{secrets.token_hex(8)}",
        container=airdock.Container(image=image, command=command),
        remove=airdock.REMOVE_FORCE,
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as private, start(private) as plugin:
        print(TOKEN, file=plugin.stdin, flush=True)
        (giving_up := threading.Timer(10, plugin.kill)).start()
        handshake = plugin.stdout.readline().strip().split("|")
        giving_up.cancel()
        if handshake[:3] != ["1", "1", "unix"]:
            sys.exit(f"no handshake: {handshake}")
        with grpc.insecure_channel(f"unix:{handshake[3]}", LIMITS) as channel:
            threading.Thread(target=drain, args=[channel], daemon=True).start()
            try:
                for event in airdock_pb2_grpc.AirdockStub(channel).Run(request, metadata=METADATA):
                    stream = sys.stderr if event.output.stream == airdock.Output.STDERR else sys.stdout
                    print(event.output.text, end="", file=stream, flush=True)
            except grpc.RpcError as error:
                sys.exit(f"{error.code().name}: {error.details()}")
            return event.exit.exit_code  # of the last event


def start(folder: str) -> subprocess.Popen:
    environment = {"AIRDOCK_PLUGIN_COOKIE": "6f1d8a5e-airdock-plugin", "AIRDOCK_TOKEN": "-"}
    environment |= {"PLUGIN_UNIX_SOCKET_DIR": folder, "PLUGIN_PROTOCOL_VERSIONS": "1"}
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "start_new_session": True}
    return subprocess.Popen(["airdock-plugin"], env=os.environ | environment, **options)


def drain(channel: grpc.Channel) -> None:
    with contextlib.suppress(grpc.RpcError):
        for _ in channel.unary_stream("/plugin.GRPCStdio/StreamStdio")(b"", metadata=METADATA):
            pass


sys.exit(main(*sys.argv[1:]))
