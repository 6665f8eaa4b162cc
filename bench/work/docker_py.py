"""What docker-py does by itself, without an operator around it.

docker_py.py lines IMAGE CMD...
docker_py.py put|get CONTAINER FOLDER
docker_py.py build FOLDER TAG
"""

from __future__ import annotations

import codecs
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import docker
from loop import LABELS, serve, timed


def lines(image: str, command: list[str]) -> dict[str, Any]:
    """Count a container's lines as they come by attach."""
    api = docker.from_env(timeout=300).api
    count = 0

    def drain() -> None:
        nonlocal count
        config = api.create_host_config(network_mode="none")
        made = api.create_container(image, command, host_config=config, labels=LABELS)["Id"]
        try:
            output = api.attach(made, stdout=True, stderr=True, stream=True)
            api.start(made)
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            for chunk in output:
                count += decoder.decode(chunk).count("\n")
            api.wait(made)
        finally:
            api.remove_container(made, force=True, v=True)

    cost = timed(drain)
    api.close()
    return cost | {"lines": count}


def put(container: str, folder: str) -> None:
    """Put a folder's content into /v: put_archive wants a file, since docker-py makes no tar of a folder."""
    with tempfile.TemporaryFile() as archive:
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for path in sorted(Path(folder).iterdir()):
                tar.add(path, arcname=path.name)
        archive.seek(0)
        client = docker.from_env(timeout=300)
        client.api.put_archive(container, "/v", archive)
        client.close()


class Chunks:
    """A stream of pieces as a file that tarfile reads."""

    def __init__(self, pieces: Any) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def read(self, size: int) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


def get(container: str, folder: str) -> None:
    """Unpack /v into a folder, as it comes."""
    client = docker.from_env(timeout=300)
    pieces, _ = client.api.get_archive(container, "/v/.")
    with tarfile.open(fileobj=Chunks(pieces), mode="r|") as tar:  # type: ignore[call-overload]
        tar.extractall(folder, filter="data")
    client.close()


def build(folder: str, tag: str) -> None:
    """Build as a TaskFlow task with docker-py does."""
    client = docker.from_env(timeout=300)
    client.images.build(path=folder, tag=tag, rm=True)
    client.close()


def main() -> None:
    what, *args = sys.argv[1:]
    if what == "lines":
        serve(lambda: lines(args[0], args[1:]))
    else:
        do = {"put": put, "get": get, "build": build}[what]
        serve(lambda: timed(lambda: do(*args)))


if __name__ == "__main__":
    main()
