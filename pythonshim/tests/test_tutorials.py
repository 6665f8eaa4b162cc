"""The tasks of the tutorial DAGs, each alone by ``airflow tasks test``, on the real engine."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator

import docker
import pytest
from support import REPOSITORY, Airflow, TaskProcess, Traces, as_variables, in_fresh_interpreter

pytestmark = pytest.mark.engine

BUILD = "tutorial-provider-docker-build"
MODULE = "tutorial-provider-docker-module"
FILES = "tutorial-files-and-volumes"
DECORATOR = "tutorial-airdock-decorator"
#: The two names of one DAG, and the folder of the engine's machine that it mounts.
MOUNTS = ("tutorial-provider-docker-run-with-voulme", "tutorial-provider-docker-run-with-volume")
MOUNTED = "/var/local/docker"


class Tutorial:
    """A tutorial DAG, and the airdock command beside the plugin under test."""

    def __init__(self, airflow: Airflow, traces: Traces, engine: docker.APIClient, plugin: str) -> None:
        self._airflow = airflow
        self._folder = traces.folder
        self._engine = engine
        self._path = f"{os.path.dirname(plugin)}{os.pathsep}{os.environ['PATH']}"

    def test(self, dag_id: str, task_id: str) -> str:
        """Run a task alone and return its log; it succeeded and left nothing behind."""
        traces = Traces(dag_id, self._folder, self._engine)
        task = self._airflow.tasks_test(traces, task=task_id, PATH=self._path)
        code, log = task.wait(120), task.log()
        assert code == 0, log  # Airflow 3 gives 0 for a task that failed, too
        assert re.search(r"new_state=success|Marking task as SUCCESS", log), log
        assert not re.search(r"\[error|ERROR|Traceback", log), log
        assert traces.all() == {}
        return log

    def run(self, dag_id: str) -> str:
        """Run a whole DAG and return its log; it succeeded and left nothing behind."""
        traces = Traces(dag_id, self._folder, self._engine)
        environment = self._airflow.environment(self._folder, REPOSITORY / "dags")
        command = [sys.executable, "-m", "airflow", "dags", "test", dag_id, "2024-05-06"]
        run = TaskProcess(command, environment, self._folder / "run.log")
        assert run.wait(180) == 0, run.log()
        assert traces.all() == {}
        return run.log()


@pytest.mark.parametrize("file", sorted(path.name for path in (REPOSITORY / "dags").glob("*.py")))
def test_parsing_loads_no_wire(file: str) -> None:
    code = (
        "import runpy, sys\n"
        f"runpy.run_path({str(REPOSITORY / 'dags' / file)!r})\n"
        "print([name for name in sys.modules if name.startswith(('grpc.', 'airdock._protocol.airdock'))])"
    )
    assert in_fresh_interpreter(code) == "[]"


@pytest.fixture
def tutorial(
    airflow: Airflow, traces: Traces, engine: docker.APIClient, plugin_binary: str
) -> Iterator[Tutorial]:
    remove_image(engine)
    yield Tutorial(airflow, traces, engine, plugin_binary)
    remove_image(engine)


def remove_image(engine: docker.APIClient) -> None:
    with contextlib.suppress(docker.errors.ImageNotFound):
        engine.remove_image("test-docker", force=True)


def is_listing(log: str) -> bool:
    return all(re.search(rf"\b[dl]r[-rwx]{{8}} .* {name}\b", log) for name in ("bin", "etc", "usr"))


@pytest.mark.parametrize("engine_of", ["environment", "variables"])
def test_build_and_run(
    engine_of: str, tutorial: Tutorial, engine: docker.APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine_of == "variables":
        as_variables(monkeypatch)
    log = tutorial.test(BUILD, "call-docker-build")
    assert "::group::[1/2] FROM" in log
    image = engine.inspect_image("test-docker")
    assert f"Built {image['Id']} as test-docker" in log
    assert is_listing(tutorial.test(BUILD, "call-docker-run-with-bash"))
    assert is_listing(tutorial.test(BUILD, "call-docker-run-with-docker"))
    assert is_listing(tutorial.test(BUILD, "call-docker-run"))


@pytest.mark.parametrize("engine_of", ["environment", "variables"])
def test_module(
    engine_of: str, tutorial: Tutorial, engine: docker.APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine_of == "variables":
        as_variables(monkeypatch)
    log = tutorial.test(MODULE, "call-docker-client")
    assert f"Built {engine.inspect_image('test-docker')['Id']} as test-docker" in log
    assert "built by airdock" in log


@pytest.fixture
def mounted(engine: docker.APIClient) -> Iterator[None]:
    """Take away what the DAG leaves on the engine's machine."""
    yield
    script = "rm -f /parent/docker/tmpfile; rmdir /parent/docker || true"
    host_config = engine.create_host_config(binds=[f"{os.path.dirname(MOUNTED)}:/parent"])
    container = engine.create_container("busybox", ["sh", "-c", script], host_config=host_config)
    try:
        engine.start(container)
        engine.wait(container)
    finally:
        engine.remove_container(container, force=True)


@pytest.mark.usefixtures("mounted")
@pytest.mark.parametrize(
    ("dag_id", "engine_of"), [(MOUNTS[0], "environment"), (MOUNTS[0], "variables"), (MOUNTS[1], "variables")]
)
def test_mount(dag_id: str, engine_of: str, tutorial: Tutorial, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine_of == "variables":
        as_variables(monkeypatch)
    for task_id in ("create-tmpfile", "call-docker-run-with-bash", "call-docker-run-with-docker"):
        assert re.search(r"-rw-r--r-- .* tmpfile\b", tutorial.test(dag_id, task_id)), task_id


def test_files_and_volumes(
    tutorial: Tutorial, traces: Traces, engine: docker.APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_variables(monkeypatch)
    folder = traces.folder / "tutorial-files-and-volumes"
    log = tutorial.test(FILES, "copy-in-and-out")
    assert "Dockerfile" in log
    assert f"Fetched 3 files (35 bytes) from /out/parts/*.txt to {folder}/parts/." in log
    assert (folder / "size").read_text() == "256\n"
    assert (folder / "parts" / f"{FILES}.txt").read_text() == f"{FILES}\n"
    filters = {"label": [f"dev.airdock.dag-id={FILES}", "purpose=tutorial"]}
    try:
        tutorial.test(FILES, "create-volume")
        (volume,) = engine.volumes(filters=filters)["Volumes"]
        log = tutorial.test(FILES, "fill-volume")
        assert f"Put 3 files (35 bytes) into the volume {volume['Name']} in " in log
        log = tutorial.test(FILES, "fill-volume")
        assert "; 3 unchanged, 0 deleted." in log
        assert "\ntwo\n" in re.sub(r"(?m)^.*\btwo\b.*$", "two", tutorial.test(FILES, "work-in-volume"))
        tutorial.test(FILES, "fetch-result")
        assert sorted((folder / "all.txt").read_text().split()) == sorted(["one", "two", FILES])
        assert volume["Name"] in tutorial.test(FILES, "remove-volume")
    finally:
        left = engine.volumes(filters=filters)["Volumes"] or []
        for volume in left:
            engine.remove_volume(volume["Name"])
    assert left == []


def test_decorator(tutorial: Tutorial, monkeypatch: pytest.MonkeyPatch) -> None:
    as_variables(monkeypatch)
    assert re.search(rf"Python 3\.11\.\d+ for {DECORATOR}", tutorial.test(DECORATOR, "words"))
    log = tutorial.run(DECORATOR)
    assert "6 words in 3 lines" in log
