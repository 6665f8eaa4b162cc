"""Makes the wheels that the tests look at, and environments to install them into.

Needs Go, and uv at the path that UV names; the tests of an installed wheel need the engine of the
DOCKER_* variables, and fail without it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
VERSION = re.search(r'const Version = "(.+)"', (REPOSITORY / "protocol/version.go").read_text())[1]
UV = os.environ["UV"]


def run(*command: str | Path, **options: object) -> str:
    """Run a command, show what it printed when it fails, and return that."""
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    assert done.returncode == 0, f"{command} exited with {done.returncode}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheels")


@pytest.fixture(scope="session")
def sources(scratch: Path) -> Path:
    """A copy of the tree as git sees it, so that nobody changes it between two builds."""
    copy = scratch / "one"
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=REPOSITORY)
    for name in filter(None, listed.split("\0")):
        if (REPOSITORY / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, copy / name)
    return copy


def make(sources: Path, **environment: str) -> Path:
    out = sources / "dist"
    run("scripts/wheels.sh", UV, sys.executable, out, cwd=sources, env=os.environ | environment)
    return out


@pytest.fixture(scope="session")
def dist(sources: Path) -> Path:
    """What ``make wheels`` makes."""
    return make(sources)


@pytest.fixture(scope="session")
def dist_again(sources: Path, scratch: Path) -> Path:
    """The same from a folder with another name, on another day, by a user with other habits."""
    copy = scratch / "another-folder"
    shutil.copytree(sources, copy, ignore=shutil.ignore_patterns("dist", "*.zst"), copy_function=shutil.copy)
    for path in copy.rglob("*"):
        path.chmod(0o700 if path.is_dir() or os.access(path, os.X_OK) else 0o600)
    return make(copy, TZ="Asia/Tokyo", GOFLAGS="-v", GOAMD64="v3", LC_ALL="C")


@pytest.fixture
def new_environment(tmp_path: Path) -> Callable[..., Path]:
    """A function that makes a virtual environment, installs into it and returns its folder."""

    def environment(*install: str | Path) -> Path:
        folder = tmp_path / "venv"
        run(UV, "venv", "--python", sys.executable, folder)
        run(UV, "pip", "install", "--link-mode", "copy", "--python", folder / "bin" / "python", *install)
        return folder

    return environment
