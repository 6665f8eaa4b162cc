"""What cannot work fails with its own kind and one clear sentence, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
from certificates import self_signed
from support import Task, Traces, wait_for

from airdock._compat import AirflowFailException
from airdock.exceptions import AirdockError, ContainerFailedError

pytestmark = pytest.mark.engine


@dataclass
class Place:
    """What the cases refer to."""

    engine: docker.APIClient
    host: str
    certificates: Path
    folder: Path
    plain_http: int
    registry: str

    def tls(self, **replaced: str | None) -> dict[str, Any]:
        files = {
            "tls_ca_cert": str(self.certificates / "ca.pem"),
            "tls_client_cert": str(self.certificates / "cert.pem"),
            "tls_client_key": str(self.certificates / "key.pem"),
        }
        return {"docker_url": self.host} | files | replaced


class PlainHttp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        if self.request.recv(4096):
            self.request.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")


@pytest.fixture(scope="module")
def place(engine: docker.APIClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    mirrors = engine.info()["RegistryConfig"]["Mirrors"] or ["http://127.0.0.1:5000/"]
    folder = tmp_path_factory.mktemp("certificates")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), PlainHttp) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Place(
            engine,
            os.environ["DOCKER_HOST"],
            Path(os.environ["DOCKER_CERT_PATH"]),
            folder,
            server.server_address[1],
            mirrors[0].split("//")[1].strip("/"),
        )
        server.shutdown()


def own_client(place: Place, name: str, days: int = 1) -> dict[str, Any]:
    cert, key = self_signed(place.folder, name, days)
    return place.tls(tls_client_cert=cert, tls_client_key=key)


def garbage(place: Place) -> str:
    path = place.folder / "garbage.pem"
    path.write_text("no certificate")
    return str(path)


CASES: dict[str, tuple[Any, str]] = {
    "no such host": (lambda p: p.tls(docker_url="tcp://no-such-host.invalid:2376"), "ENGINE_HOST_UNKNOWN"),
    "connection refused": (lambda p: p.tls(docker_url="tcp://127.0.0.1:1"), "ENGINE_UNREACHABLE"),
    "no such socket": (lambda p: {"docker_url": "unix:///nowhere/docker.sock"}, "ENGINE_UNREACHABLE"),
    "http to an https port": (lambda p: {"docker_url": p.host}, "TLS_REQUIRED"),
    "https to an http port": (
        lambda p: p.tls(docker_url=f"tcp://127.0.0.1:{p.plain_http}"),
        "TLS_NOT_SPOKEN",
    ),
    "another CA": (lambda p: p.tls(tls_ca_cert=self_signed(p.folder, "ca")[0]), "TLS_CA_MISMATCH"),
    "another name": (lambda p: p.tls(tls_hostname="elsewhere.example"), "TLS_NAME_MISMATCH"),
    "no client certificate": (
        lambda p: p.tls(tls_client_cert=None, tls_client_key=None),
        "TLS_CLIENT_CERT_REQUIRED",
    ),
    "a client certificate of another CA": (lambda p: own_client(p, "stranger"), "TLS_REJECTED"),
    "an expired client certificate": (lambda p: own_client(p, "old", -1), "TLS_CLIENT_CERT_EXPIRED"),
    "an unreadable key file": (lambda p: p.tls(tls_client_key="/nowhere/key.pem"), "TLS_FILE_UNREADABLE"),
    "a key that is none": (lambda p: p.tls(tls_client_key=garbage(p)), "TLS_MATERIAL_INVALID"),
    "a CA that is none": (lambda p: p.tls(tls_ca_cert=garbage(p)), "TLS_MATERIAL_INVALID"),
    "a certificate without its key": (lambda p: p.tls(tls_client_key=""), "INVALID_REQUEST"),
    "image not found": (lambda p: {"image": f"{p.registry}/no-such-image:1"}, "IMAGE_NOT_FOUND"),
    "registry unreachable": (lambda p: {"image": "127.0.0.1:1/bash"}, "REGISTRY_UNREACHABLE"),
    "no image": (lambda p: {"image": ""}, "INVALID_REQUEST"),
    "no image's name": (lambda p: {"image": "Bad Name"}, "INVALID_REQUEST"),
    "no command": (lambda p: {"image": "busybox", "command": "no-such-command"}, "COMMAND_NOT_FOUND"),
    "no program": (lambda p: {"image": "busybox", "command": "/etc"}, "COMMAND_NOT_EXECUTABLE"),
    "bind source missing": (
        lambda p: {"mounts": [docker.types.Mount("/x", "/no/such/folder", type="bind")]},
        "MOUNT_SOURCE_MISSING",
    ),
    "no such network": (lambda p: {"network_mode": "no-such-network"}, "NETWORK_NOT_FOUND"),
    "no such mount type": (lambda p: {"mounts": [{"target": "/x", "type": "odd"}]}, "INVALID_REQUEST"),
    "a command that cannot be read": (lambda p: {"command": "echo 'open"}, "INVALID_REQUEST"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input(case: str, place: Place, traces: Traces) -> None:
    parameters, kind = CASES[case]
    task = Task(traces.dag_id, **({"command": "true"} | parameters(place)))
    with pytest.raises(AirdockError) as raised:
        task.execute()
    check(raised.value, kind, traces)


def test_a_name_in_use(traces: Traces, engine: docker.APIClient) -> None:
    name = f"taken-{os.getpid()}"
    other = engine.create_container("bash", ["true"], name=name)["Id"]
    try:
        with pytest.raises(AirdockError) as raised:
            Task(traces.dag_id, command="true", container_name=name).execute()
        check(raised.value, "NAME_IN_USE", traces)
        assert engine.inspect_container(other)["Id"] == other
    finally:
        engine.remove_container(other)


def test_the_127_of_a_shell(traces: Traces) -> None:
    with pytest.raises(ContainerFailedError, match="not found") as raised:
        Task(traces.dag_id, command="no-such-command").execute()
    assert raised.value.exit_code == 127
    assert traces.all() == {}


def test_an_engine_that_goes_in_mid_run(place: Place, traces: Traces) -> None:
    """The way to the engine breaks for good; what then still runs there nobody here can stop."""
    with Relay(place.host) as relay:
        task = Task(
            traces.dag_id,
            command=["bash", "-c", "echo ready; sleep 60"],
            **place.tls(docker_url=f"tcp://127.0.0.1:{relay.port}"),
        )
        threading.Thread(target=lambda: cut_when_ready(task, relay), daemon=True).start()
        with pytest.raises(AirdockError) as raised:
            task.execute()
    for container in traces.containers():
        place.engine.remove_container(container, force=True)
    check(raised.value, "ENGINE_LOST", traces)


def cut_when_ready(task: Task, relay: Relay) -> None:
    wait_for("ready", lambda: "ready" in task.log.lines())
    relay.cut()


def check(error: AirdockError, kind: str, traces: Traces) -> None:
    print(f"{kind}: {error}")
    assert error.kind == kind
    assert error.retryable is not isinstance(error, AirflowFailException)
    assert 20 < len(str(error)) < 600
    assert "\n" not in str(error)
    assert traces.all() == {}


class Relay:
    """A TCP relay to the engine, which can be cut."""

    def __init__(self, host: str) -> None:
        name, _, port = host.removeprefix("tcp://").rpartition(":")
        self._engine = (name, int(port))
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> Relay:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def cut(self) -> None:
        for connection in (self._listener, *self._sockets):
            # A close alone would wait for the threads that read.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._engine)
            self._sockets += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
        except OSError:
            pass
        for connection in (source, target):
            connection.close()
