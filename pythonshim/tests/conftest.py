"""Fixtures. Tests marked ``engine`` need a Docker Engine, named by DOCKER_HOST, DOCKER_TLS_VERIFY and
DOCKER_CERT_PATH; they run when AIRDOCK_TEST_ENGINE is 1, and then an engine that does not answer fails them.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Before anything imports Airflow: it makes and reads its home at import.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="at-home-", dir="/tmp")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
# docker-py, our eyes on the engine, would take these for the engine's CA.
for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(name, None)

import docker
import pytest
from support import REPOSITORY, SHIM, Airflow, Traces, short_folder, wait_until_threads_end

sys.path.insert(0, str(SHIM))

ENGINE_WANTED = os.environ.get("AIRDOCK_TEST_ENGINE") == "1"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "engine: needs the engine that the DOCKER_* variables name")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if ENGINE_WANTED:
        return
    for item in items:
        if item.get_closest_marker("engine"):
            item.add_marker(pytest.mark.skip(reason="AIRDOCK_TEST_ENGINE is not 1"))


def pytest_sessionfinish() -> None:
    import shutil

    shutil.rmtree(os.environ["AIRFLOW_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def plugin_binary() -> str:
    """The real plugin: AIRDOCK_PLUGIN, or the one that make build makes."""
    path = Path(os.environ.get("AIRDOCK_PLUGIN") or REPOSITORY / "bin" / "airdock-plugin")
    if not os.access(path, os.X_OK):
        pytest.fail(f"{path} is no program: run `make build` first")
    return str(path)


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.APIClient]:
    """The engine's API, by other means than ours."""
    try:
        client = docker.from_env(timeout=20).api
        client.ping()
    except Exception as error:
        pytest.fail(f"the engine at {os.environ.get('DOCKER_HOST')} does not answer: {error}")
    client.pull("busybox", "latest")  # for the containers of the tests themselves
    yield client
    client.close()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for sockets and logs."""
    import shutil

    tmp_path_factory.getbasetemp()  # pytest makes its own before a test's TMPDIR is ours
    path = short_folder()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def dag_id(request: pytest.FixtureRequest) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{request.node.name}-{os.getpid()}")


@pytest.fixture
def local_traces(
    folder: Path, dag_id: str, plugin_binary: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Traces]:
    """For tests without an engine: processes and folders of this test are its own, and known."""
    monkeypatch.setenv("AIRDOCK_PLUGIN", plugin_binary)
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    traces = Traces(dag_id, folder, None)
    yield traces
    traces.clean_up()


@pytest.fixture
def traces(local_traces: Traces, engine: docker.APIClient) -> Iterator[Traces]:
    """The same with the engine: containers too."""
    traces = Traces(local_traces.dag_id, local_traces.folder, engine)
    yield traces
    traces.clean_up()


@pytest.fixture(scope="session")
def airflow() -> Iterator[Airflow]:
    """The airflow command on a database of its own."""
    import shutil

    home = short_folder()
    airflow = Airflow(home)
    subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=airflow.environment(home, SHIM / "tests" / "none"),
        check=True,
        capture_output=True,
    )
    yield airflow
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def tag(engine: docker.APIClient, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name for this test's image."""
    name = f"airdock-test-{os.getpid()}-{abs(hash(request.node.name)) % 10**8}:latest"
    yield name
    with contextlib.suppress(docker.errors.ImageNotFound):
        engine.remove_image(name, force=True)


@pytest.fixture
def volume(engine: docker.APIClient, dag_id: str) -> Iterator[str]:
    """A name for this test's volume."""
    name = f"airdock-test-{dag_id}"
    yield name
    with contextlib.suppress(docker.errors.NotFound):
        engine.remove_volume(name)


@pytest.fixture
def nothing_stays(traces: Traces) -> Iterator[None]:
    """After the test there is no container, plugin, folder or thread of it."""
    before = set(threading.enumerate())
    yield
    assert traces.all() == {}
    wait_until_threads_end(before)


@pytest.fixture
def both(
    engine: docker.APIClient,
    plugin_binary: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Run both operators with the same arguments: the outcome of the official one, and of ours."""
    from side_by_side import SideBySide

    monkeypatch.setenv("AIRDOCK_PLUGIN", plugin_binary)
    return SideBySide(engine, f"{request.node.originalname}-{os.getpid()}")


@pytest.fixture
def task(traces: Traces) -> Callable[..., Any]:
    """Makes a task of a function, for the tests of the decorator: see decorated.FunctionTask."""
    from decorated import FunctionTask

    return lambda function, *args, **parameters: FunctionTask(traces.dag_id, function, *args, **parameters)
