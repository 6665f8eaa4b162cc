"""The commands in README.md and docs/, read from the pages and run on the real engine.

The ``sh`` blocks of a page are one session, in a folder that looks like a clone after ``make build up``, but
for those with a comment before them: ``<!-- run by: FILE -->``, which reads them from the page, too, or
``<!-- needs the internet: WHY -->``. What ``make`` is asked for in a session .ci/run
runs. The tutorial in Chinese is not run, because it has the same blocks as the one in English.
test_docs_blocks.py holds the pages to all that.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import docker
import pytest
from pages import CHINESE, ENGLISH, PAGES
from support import REPOSITORY, SHIM, Airflow, Traces, wait_for
from test_tutorials import mounted as mounted

pytestmark = pytest.mark.engine

#: The tutorial is about the Airflow that `make demo` installs; test_tutorials.py has its tasks for both.
OTHER_AIRFLOW = [] if version("apache-airflow").startswith("3.") else [ENGLISH]
SESSIONS = [name for name, page in PAGES.items() if page.commands() and name not in (CHINESE, *OTHER_AIRFLOW)]
#: What `make demo` does in a clone that make itself does not work in, because make runs this test.
MAKEFILE = """\
demo:
\tAIRFLOW_HOME="$(CURDIR)/.cache/demo-home" .cache/airflow-3.3/bin/airflow db migrate
%:
\t@$(MAKE) --no-print-directory -n -C {repository} $@ >/dev/null
Makefile: ;
"""
SUCCESS = re.compile(r"new_state=success|Marking task as SUCCESS")


class Clone:
    """
    A folder that looks like a clone with its engine running.

    :param folder: where it is.
    :param programs: where the programs under test are.
    :param airflow: gives the home of Airflow, where a page brings none of its own.
    :param temporary: the temporary folder.
    """

    def __init__(self, folder: Path, programs: Path, airflow: Airflow, temporary: Path) -> None:
        self._folder = folder
        shutil.copytree(REPOSITORY / "dags", folder / "dags", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(REPOSITORY / "README.md", folder)
        (folder / "Makefile").write_text(MAKEFILE.format(repository=REPOSITORY))
        (folder / ".cache" / "airflow-3.3").mkdir(parents=True)
        (folder / ".cache" / "airflow-3.3" / "bin").symlink_to(Path(sys.executable).parent)
        for name in ("bin", "deploy"):
            (folder / name).mkdir()
        for program in ("airdock", "airdock-plugin"):
            (folder / "bin" / program).symlink_to(programs / program)
        devengine = folder / "bin" / "devengine"
        names = ("DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY")
        exports = "\n".join(f"export {name}='{os.environ[name]}'" for name in names)
        devengine.write_text(f"#!/bin/sh\ncat <<'END'\n{exports}\nEND\n")
        devengine.chmod(0o755)
        # The make that runs this test hands its settings on.
        own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        path = [folder / "bin", Path(sys.executable).parent, os.environ["PATH"]]
        self._environment = own | {
            "AIRFLOW_HOME": str(airflow.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PATH": os.pathsep.join(map(str, path)),
            "PYTHONPATH": str(SHIM),
            "TMPDIR": str(temporary),
        }

    def run(self, script: str) -> str:
        """Run a session to its end, and return what it printed; every command of it succeeded."""
        done = subprocess.run(
            ["bash", "-euc", script],
            cwd=self._folder,
            env=self._environment,
            input="y\n",  # to `docker container prune`, which asks
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1800,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        # Airflow gives 0 for a connection that fails its test, and Airflow 3 for a task that failed, too.
        assert "Connection failed" not in done.stdout, done.stdout
        tasks = len(re.findall(r"^airflow tasks test", script, re.M))
        assert len(SUCCESS.findall(done.stdout)) >= tasks, done.stdout
        return done.stdout

    def write_dag(self, text: str) -> None:
        """Make a file of DAGs the only one."""
        dags = self._folder / "dags"
        shutil.rmtree(dags)
        dags.mkdir()
        (dags / "dag.py").write_text(text)


@pytest.fixture
def clone(folder: Path, plugin_binary: str, airflow: Airflow, traces: Traces) -> Clone:
    (folder / "clone").mkdir()
    return Clone(folder / "clone", Path(plugin_binary).parent, airflow, traces.folder)


def ended(engine: docker.APIClient) -> set[str]:
    """Return the containers of Airdock that ended and are there."""
    filters = {"label": ["dev.airdock.key"], "status": ["created", "exited"]}
    return {container["Id"] for container in engine.containers(all=True, filters=filters)}


@pytest.fixture
def nothing_of_the_pages(engine: docker.APIClient) -> Iterator[None]:
    """A page leaves no container; its images and volumes are removed."""
    before = ended(engine)
    yield
    for image in ("hello", "test-docker"):
        with contextlib.suppress(docker.errors.ImageNotFound):
            engine.remove_image(image, force=True)
    with contextlib.suppress(docker.errors.NotFound):
        engine.remove_volume("hello-dags")
    # Another test's, where one runs at the same time, goes by itself.
    wait_for("no container of the page", lambda: ended(engine) <= before)


@pytest.mark.usefixtures("nothing_of_the_pages", "mounted")
@pytest.mark.parametrize("name", SESSIONS)
def test_commands_of_a_page(name: str, clone: Clone) -> None:
    clone.run(PAGES[name].commands())


def test_the_dag_of_the_readme(clone: Clone) -> None:
    (block,) = (block for block in PAGES["README.md"].blocks if block.language == "python")
    clone.write_dag(block.text)
    printed = clone.run("airflow tasks test hello say-hello")
    assert re.search(r"\bd[-rwx]{9} .* etc\b", printed)
