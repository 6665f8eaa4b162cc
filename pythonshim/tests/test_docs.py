"""The commands in README.md and docs/, read from the pages and run on the real engine.

The ``sh`` blocks of a page are one session, in a folder that looks like a clone after ``make build up``. A
block that cannot be run has a comment before it that says why: ``<!-- not run: REASON -->``. The tutorial is
not among the pages: test_tutorials.py runs its tasks, and does not read them from the page.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from support import REPOSITORY, SHIM, Traces

BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>.+?) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S
)
TUTORIAL = REPOSITORY / "docs" / "tutorial.md"
CHINESE = REPOSITORY / "docs" / "zh-TW" / "tutorial.md"
PAGES = [REPOSITORY / "README.md", *sorted({*(REPOSITORY / "docs").glob("*.md")} - {TUTORIAL})]


def sessions() -> dict[str, str]:
    """Return the commands of each page that has some to run."""
    found = {str(page.relative_to(REPOSITORY)): commands(page) for page in PAGES}
    return {name: text for name, text in found.items() if text}


def commands(page: Path) -> str:
    blocks = BLOCK.finditer(page.read_text())
    return "".join(b["text"] for b in blocks if b["language"] == "sh" and not b["reason"])


@pytest.fixture
def clone(folder: Path, plugin_binary: str) -> Path:
    """A folder that looks like a clone with its engine running."""
    clone = folder / "clone"
    shutil.copytree(REPOSITORY / "dags", clone / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "README.md", clone)
    # make runs this test, so that its targets are only looked for.
    (clone / "Makefile").write_text(
        f"%:\n\t@$(MAKE) --no-print-directory -n -C {REPOSITORY} $@ >/dev/null\nMakefile: ;\n"
    )
    (clone / "bin").mkdir()
    for program in ("airdock", "airdock-plugin"):
        (clone / "bin" / program).symlink_to(Path(plugin_binary).with_name(program))
    devengine = clone / "bin" / "devengine"
    names = ("DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY")
    exports = "\n".join(f"export {name}='{os.environ[name]}'" for name in names)
    devengine.write_text(f"#!/bin/sh\ncat <<'END'\n{exports}\nEND\n")
    devengine.chmod(devengine.stat().st_mode | stat.S_IXUSR)
    return clone


@pytest.fixture
def images_go(engine: docker.APIClient) -> Iterator[None]:
    """Remove what the pages leave on the engine."""
    yield
    for image in ("hello",):
        with contextlib.suppress(docker.errors.ImageNotFound):
            engine.remove_image(image, force=True)
    with contextlib.suppress(docker.errors.NotFound):
        engine.remove_volume("hello-dags")


@pytest.mark.engine
@pytest.mark.usefixtures("images_go")
@pytest.mark.parametrize("page", sessions())
def test_commands_of_a_page(page: str, clone: Path, traces: Traces) -> None:
    text = sessions()[page]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "MAKE", "MFLAGS"))
    }
    environment |= {"TMPDIR": str(traces.folder), "PYTHONPATH": str(SHIM)}
    environment["PATH"] = f"{clone / 'bin'}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_both_languages_have_the_same_commands() -> None:
    blocks = [[block.group() for block in BLOCK.finditer(page.read_text())] for page in (TUTORIAL, CHINESE)]
    assert blocks[0]
    assert blocks[0] == blocks[1]
