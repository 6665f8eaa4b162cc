"""How long a build takes: Airdock, docker-py and, where it is there, buildx, in turn on one engine.

A context of 2,000 files and 200 MB is built for the first time, again with one file of 1 KB changed, and
again unchanged. The engine is that of DOCKER_HOST and DOCKER_CERT_PATH; the airdock command is on the PATH.
Prints medians in seconds, and how many times as long as Airdock the others take.

    python benchmarks/build.py [--rounds 3] [--files 2000] [--megabytes 200]
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import docker

STEPS = ("first", "changed", "unchanged")


def make_context(folder: Path, files: int, megabytes: int) -> None:
    """Write a context that no engine has seen."""
    size = megabytes * 1_000_000 // files
    for number in range(files):
        part = folder / f"d{number % 20}"
        part.mkdir(exist_ok=True)
        (part / f"f{number}").write_bytes(secrets.token_bytes(size))
    (folder / "small").write_bytes(secrets.token_bytes(1000))
    (folder / "Dockerfile").write_text("FROM busybox\nCOPY . /context\nRUN true\n")


def by_command(*command: str) -> Callable[[Path, str], None]:
    """Return a build by a command that takes -t NAME FOLDER."""
    return lambda folder, tag: (
        subprocess.run([*command, "-t", tag, str(folder)], check=True, capture_output=True) and None
    )


def by_docker_py(folder: Path, tag: str) -> None:
    """Build as a TaskFlow task with docker-py does."""
    client = docker.from_env()
    client.images.build(path=str(folder), tag=tag)
    client.close()


def builders() -> dict[str, Callable[[Path, str], None]]:
    """Return the builders of this machine."""
    found = {"airdock": by_command("airdock", "build", "-q"), "docker-py": by_docker_py}
    if subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode == 0:
        found["buildx"] = by_command("docker", "buildx", "build", "-q", "--load")
    return found


def timed(build: Callable[[Path, str], None], folder: Path, tag: str) -> float:
    """Return how many seconds a build took."""
    began = time.monotonic()
    build(folder, tag)
    return time.monotonic() - began


def main() -> None:
    """Run the builders in turn and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--megabytes", type=int, default=200)
    options = parser.parse_args()
    # Set on some machines for a proxy's sake, and then docker-py does not trust the engine's CA.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        os.environ.pop(name, None)
    seconds: dict[str, dict[str, list[float]]] = {}
    engine = docker.from_env()
    for _ in range(options.rounds):
        for name, build in builders().items():
            folder, tag = Path(tempfile.mkdtemp(prefix="build-")), f"bench-build-{name}"
            make_context(folder, options.files, options.megabytes)
            found = seconds.setdefault(name, {step: [] for step in STEPS})
            found["first"].append(timed(build, folder, tag))
            (folder / "small").write_bytes(secrets.token_bytes(1000))
            found["changed"].append(timed(build, folder, tag))
            found["unchanged"].append(timed(build, folder, tag))
            shutil.rmtree(folder)
            engine.images.remove(tag, force=True)
    print(f"{'':12}" + "".join(f"{step:>14}" for step in STEPS))
    for name, found in seconds.items():
        print(f"{name:12}" + "".join(f"{statistics.median(found[step]):12.2f} s" for step in STEPS))
    for name, found in seconds.items():
        ratios = [
            statistics.median(found[step]) / statistics.median(seconds["airdock"][step]) for step in STEPS
        ]
        print(f"{name:12}" + "".join(f"{ratio:12.2f} x " for ratio in ratios))


if __name__ == "__main__":
    main()
