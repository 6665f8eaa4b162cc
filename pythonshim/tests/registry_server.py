"""A registry of a test's own, with a password."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

import docker
import pytest
from support import wait_for

USER = "airdock"
PASSWORD = "pass-word-of-a-test"
# The password as bcrypt, which a registry wants: `htpasswd -nbBC 4 airdock pass-word-of-a-test`.
_HTPASSWD = "airdock:$2b$04$nT/q0mb8cXpCHeH3eh41NunyJHL3wkrJ57r56E.FdAdU.mQ9l9ZH2\n"

_CONFIG = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {root}}}}}
http: {{addr: "127.0.0.1:{port}", secret: none}}
auth: {{htpasswd: {{realm: test, path: {passwords}}}}}
"""


class PrivateRegistry:
    """
    Debian's docker-registry on a free port, which lets nobody read without the login.

    :param folder: for its data.
    """

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        self._folder = folder

    def __enter__(self) -> PrivateRegistry:
        program = shutil.which("docker-registry")
        if not program:
            pytest.fail("docker-registry is not installed: apt-get install docker-registry")
        passwords = self._folder / "htpasswd"
        passwords.write_text(_HTPASSWD)
        config = self._folder / "registry.yml"
        port = self.address.rpartition(":")[2]
        config.write_text(_CONFIG.format(root=self._folder / "data", port=port, passwords=passwords))
        with (self._folder / "registry.log").open("wb") as log:
            # A proxy of the environment is none of the registry's.
            self._process = subprocess.Popen(
                [program, "serve", str(config)], stdout=log, stderr=log, env={"PATH": os.environ["PATH"]}
            )
        try:
            wait_for("the registry", self._answers)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "registry.log").read_text()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            opener.open(f"http://{self.address}/v2/", timeout=1)
        except urllib.error.HTTPError as answer:
            return answer.code == 401
        except urllib.error.URLError:
            return False
        return False

    def push(self, engine: docker.APIClient, image: str, to: str = "") -> str:
        """
        Put a copy of an image of the engine there, and take its new name from the engine; return that.

        :param to: the name, if it is there already; it then means the new image.
        """
        name = to.removesuffix(":1") or f"{self.address}/{image.partition(':')[0]}"
        engine.tag(image, name, "1")
        return self._push(engine, name)

    def push_random(self, engine: docker.APIClient, name: str, layers: int = 1, size: int = 1 << 20) -> str:
        """Put an image there whose layers, of random bytes, the engine has not; return its name."""
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            dockerfile = "FROM scratch\n" + "".join(f"COPY {number} /\n" for number in range(layers))
            files = {"Dockerfile": dockerfile.encode()}
            files |= {str(number): os.urandom(size) for number in range(layers)}
            for path, content in files.items():
                header = tarfile.TarInfo(path)
                header.size = len(content)
                tar.addfile(header, io.BytesIO(content))
        context.seek(0)
        name = f"{self.address}/{name}"
        for line in engine.build(fileobj=context, custom_context=True, tag=f"{name}:1", rm=True, decode=True):
            assert "error" not in line, line
        return self._push(engine, name)

    def lose_layers(self) -> None:
        """Forget every layer of every image, but not the images."""
        for blob in (self._folder / "data").glob("docker/registry/v2/blobs/sha256/*/*/data"):
            if blob.read_bytes()[:1] != b"{":
                blob.unlink()

    def _push(self, engine: docker.APIClient, name: str) -> str:
        login = {"username": USER, "password": PASSWORD}
        for line in engine.push(name, "1", auth_config=login, stream=True, decode=True):
            assert "error" not in line, line
        forget(engine, f"{name}:1")
        return f"{name}:1"


def forget(engine: docker.APIClient, image: str) -> None:
    """Remove an image's name, and its digests under it, from the engine, if it is there."""
    repository = image.rpartition(":")[0]
    with contextlib.suppress(docker.errors.ImageNotFound):
        engine.remove_image(image, force=True)
    for known in engine.images():
        for digest in known["RepoDigests"] or []:
            if digest.startswith(f"{repository}@"):
                engine.remove_image(digest, force=True)
