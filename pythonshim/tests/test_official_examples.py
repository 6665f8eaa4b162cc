"""The example DAGs of the official provider, on our engine.

Only their imports, the decorator's name and the images' names are other than in the provider's sdist. The
rest is what a user would do for them: the engine answers where they look for it, and the folders and the
file that they work on are there.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from downloads import downloaded, modules
from engine_proxy import EngineProxy
from support import Airflow, TaskProcess, Traces

pytestmark = pytest.mark.engine

CHANGES = {
    "from airflow.providers.docker.operators.docker import": "from airdock.operators.docker import",
    "from docker.types import": "from airdock.types import",
    "@task.docker(": "@task.airdock(",
    "centos:latest": "bash",
    "python:3.9-slim-bookworm": "python:3.11-slim",
}
#: What the examples call when they run in the repository of Airflow.
SYSTEM_TESTS = "def get_test_run(dag):\n    return None\n"
#: Runs a command where /var/run/docker.sock is another socket, for nobody else.
WITH_SOCKET = (
    'mount -t tmpfs none /run && : > /run/docker.sock && mount --bind "$0" /run/docker.sock && exec "$@"'
)
YOURS = Path("/your")


class Examples:
    """The example DAGs, changed, and Airflow to run them."""

    def __init__(self, airflow: Airflow, folder: Path, engine: docker.APIClient) -> None:
        self._airflow = airflow
        self._folder = folder
        self._engine = engine

    def prepare(self, name: str) -> Path:
        """Take an example out of the sdist, change it, and return the folder with nothing else."""
        dags = self._folder / "dags"
        dags.mkdir()
        sdist = downloaded(
            "official-examples",
            *("download", "--no-deps", "--no-binary", ":all:", "--require-hashes"),
            *("-r", "requirements/official-examples.txt", "-d", "{}"),
        )
        (path,) = sdist.glob("*.tar.gz")
        with tarfile.open(path) as archive:
            (member,) = (one for one in archive.getmembers() if one.name.endswith(f"/system/docker/{name}"))
            file = archive.extractfile(member)
            assert file is not None
            text = file.read().decode()
        for before, after in CHANGES.items():
            text = text.replace(before, after)
        assert "airdock" in text
        (dags / name).write_text(text)
        stub = self._folder / "modules" / "tests_common" / "test_utils" / "system_tests.py"
        stub.parent.mkdir(parents=True)
        stub.write_text(SYSTEM_TESTS)
        return dags

    def run(self, name: str, dag_id: str, *before: str) -> str:
        """Run an example and return its log; every task succeeded."""
        environment = self._airflow.environment(self._folder, self.prepare(name))
        # Airflow 2 has no virtualenv of its own for @task.virtualenv, which one example uses.
        environment["PYTHONPATH"] += f":{self._folder / 'modules'}:{modules()}"
        command = [*before, sys.executable, "-m", "airflow", "dags", "test", dag_id, "2024-05-06"]
        traces = Traces(dag_id, self._folder, self._engine)
        try:
            run = TaskProcess(command, environment, self._folder / "run.log")
            code, log = run.wait(300), run.log()
        finally:
            # The examples leave their containers, as auto_remove says by default.
            containers = traces.containers()
            for container in containers:
                self._engine.remove_container(container, force=True, v=True)
        assert code == 0, log
        assert "state=success" in log, log
        assert containers
        return log


@pytest.fixture
def examples(airflow: Airflow, traces: Traces, engine: docker.APIClient) -> Examples:
    return Examples(airflow, traces.folder, engine)


def test_the_operator(examples: Examples, folder: Path) -> None:
    with EngineProxy(folder / "engine.sock") as proxy:
        examples.run(
            "example_docker.py", "docker_test", "unshare", "--mount", "sh", "-c", WITH_SOCKET, proxy.url[7:]
        )
        assert any("/start" in request for request in proxy.requests)


def test_the_decorator(examples: Examples) -> None:
    log = examples.run("example_taskflow_api_docker_virtualenv.py", "docker_taskflow")
    assert "Total order value is: 1236.70" in log


def on_the_engines_machine(engine: docker.APIClient, script: str) -> None:
    host_config = engine.create_host_config(binds=["/:/machine"])
    container = engine.create_container("bash", ["bash", "-c", script], host_config=host_config)
    try:
        engine.start(container)
        assert engine.wait(container)["StatusCode"] == 0, engine.logs(container)
    finally:
        engine.remove_container(container, force=True)


@pytest.fixture
def your_folders(engine: docker.APIClient) -> Iterator[None]:
    """The folders of the example, on the worker and on the engine's machine, which may be one."""
    if YOURS.exists():
        pytest.fail(f"{YOURS} is there, which the example works on; move it away")
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, YOURS, ignore_errors=True)
        remove = (
            "rm -f your/host/*/path/one.txt your/*/path/one.txt && find your -depth -type d -exec rmdir {} +"
        )
        stack.callback(on_the_engines_machine, engine, f"cd /machine && if [ -e your ]; then {remove}; fi")
        source = YOURS / "input_dir" / "path"
        source.mkdir(parents=True)
        (source / "one.txt").write_text("one\n")
        script = "cd /machine && mkdir -p your/host/{input_dir,output_dir}/path"
        on_the_engines_machine(engine, f"{script} && echo content of one > your/host/input_dir/path/one.txt")
        yield
        on_the_engines_machine(engine, "[ -e /machine/your/host/output_dir/path/one.txt ]")


class PlainEngine(EngineProxy):
    """The engine at tcp://localhost:2375."""

    port = 2375


@pytest.mark.usefixtures("your_folders")
def test_copied_data(examples: Examples) -> None:
    with PlainEngine() as proxy:
        log = examples.run("example_docker_copy_data.py", "docker_sample_copy_data")
    assert any("POST /v1.19/containers/" in request for request in proxy.requests)
    assert "content of one" in log
