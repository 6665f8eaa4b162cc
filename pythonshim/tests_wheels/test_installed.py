"""A worker that has Airflow and our wheel, and neither Go nor a docker command nor a compiler."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY, UV, VERSION, run

#: What Airflow and its BashOperator call.
BASICS = ("bash", "env", "ls", "sh", "uname")
#: The commands of docs/install.md that name this file as what runs them.
BLOCK = re.compile(r"<!-- run by: pythonshim/tests_wheels/test_installed.py -->\n```sh\n(.*?)```\n", re.S)
INSTALL_A_WHEEL, INSTALL_FROM_SOURCE = BLOCK.findall((REPOSITORY / "docs" / "install.md").read_text())
START = """
import logging, os
from airdock.plugin.process import PluginProcess
process = PluginProcess(logging.getLogger(), os.environ)
try:
    process.start()
finally:
    process.close()
"""


class Worker:
    """An environment with Airflow and the wheel."""

    def __init__(self, venv: Path, basics: Path, home: Path, dags: Path) -> None:
        self.python = venv / "bin" / "python"
        self.plugin = venv / "bin" / "airdock-plugin"
        kept = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
        self.environment = {name: os.environ[name] for name in kept} | {
            "PATH": f"{venv / 'bin'}{os.pathsep}{basics}",
            "HOME": str(home),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        }

    def which(self, name: str) -> str | None:
        return shutil.which(name, path=self.environment["PATH"])

    def start_plugin(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, "-P", "-c", START],
            env=self.environment | environment,
            capture_output=True,
            text=True,
        )


def install_airflow(venv: Path, sources: Path) -> None:
    """Make an environment with Airflow alone, and with pip."""
    run(UV, "venv", "--seed", "--python", sys.executable, venv)
    install = (UV, "pip", "install", "--link-mode", "copy", "--python", venv / "bin" / "python")
    constraints = sources / "requirements" / "airflow-3.3.txt"
    run(*install, "-c", constraints, "apache-airflow", "apache-airflow-providers-standard")


@pytest.fixture(scope="module")
def worker(scratch: Path, sources: Path, dist: Path) -> Iterator[Worker]:
    venv, basics, home = scratch / "venv", scratch / "basics", scratch / "home"
    install_airflow(venv, sources)
    basics.mkdir()
    for name in BASICS:
        (basics / name).symlink_to(shutil.which(name))
    made = Worker(venv, basics, home, sources / "dags")
    # Without an index it fails when anything but the wheel is to be installed.
    printed = run(
        "bash", "-euc", INSTALL_A_WHEEL, cwd=dist.parent, env=made.environment | {"PIP_NO_INDEX": "1"}
    )
    assert os.environ["DOCKER_HOST"] in printed
    run(venv / "bin" / "airflow", "db", "migrate", env=made.environment)
    yield made
    # What a tutorial builds; it is there only when that ran.
    subprocess.run(["airdock", "image", "rm", "--force", "test-docker"], env=made.environment, check=False)


def test_the_worker_has_the_commands_and_nothing_to_make_them_with(worker: Worker) -> None:
    for name in ("go", "docker", "gcc", "cc", "ld"):
        assert worker.which(name) is None
    assert run("airdock", "--version", env=worker.environment).strip() == f"airdock version {VERSION}"
    printed = run(
        worker.python, "-P", "-c", "import airdock; print(airdock.__version__)", env=worker.environment
    )
    assert printed.strip() == VERSION


@pytest.mark.parametrize(
    ("dag", "task"),
    [
        ("tutorial-provider-docker-run", "call-docker-run"),
        ("tutorial-provider-docker-build", "call-docker-build"),
        ("tutorial-provider-docker-build", "call-docker-run-with-bash"),
        ("tutorial-provider-docker-module", "call-docker-client"),
    ],
)
def test_the_worker_runs_the_tutorials(worker: Worker, dag: str, task: str) -> None:
    printed = run(worker.which("airflow"), "tasks", "test", dag, task, env=worker.environment)
    # airflow exits with 0 when the task failed, too.
    assert "new_state=success" in printed, printed


def test_the_worker_puts_a_file_into_a_volume_and_gets_it_back(worker: Worker, tmp_path: Path) -> None:
    """The plugin brings the program that does it on the engine's machine."""
    volume = f"airdock-wheel-{secrets.token_hex(4)}"
    (tmp_path / "there").write_text("and back")
    try:
        run("airdock", "volume", "put", "--create", tmp_path / "there", f"{volume}:x", env=worker.environment)
        run("airdock", "volume", "get", f"{volume}:x", tmp_path / "back", env=worker.environment)
    finally:
        run("airdock", "volume", "rm", "--force", volume, env=worker.environment)
    assert (tmp_path / "back").read_text() == "and back"


def test_the_worker_starts_the_plugin_of_the_wheel(worker: Worker) -> None:
    started = worker.start_plugin(PATH="/nowhere")
    assert started.returncode == 0, started.stderr


def test_a_damaged_plugin_is_not_started(worker: Worker) -> None:
    whole = worker.plugin.read_bytes()
    worker.plugin.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        error = worker.start_plugin().stderr.splitlines()[-1]
    finally:
        worker.plugin.write_bytes(whole)
    for words in ("PluginVersionError", str(worker.plugin), "damaged", "pip install --force-reinstall"):
        assert words in error


def test_a_plugin_that_is_gone_is_missed(worker: Worker) -> None:
    hidden = worker.plugin.rename(worker.plugin.with_name("hidden"))
    try:
        error = worker.start_plugin().stderr.splitlines()[-1]
    finally:
        hidden.rename(worker.plugin)
    for words in ("PluginNotFoundError", "no longer there", "pip install --force-reinstall"):
        assert words in error


def test_a_plugin_of_another_protocol_is_refused(worker: Worker, sources: Path, tmp_path: Path) -> None:
    handshake = sources / "protocol" / "handshake.go"
    newer = tmp_path / "handshake.go"
    text = handshake.read_text()
    assert "ProtocolVersion:  1," in text
    newer.write_text(text.replace("ProtocolVersion:  1,", "ProtocolVersion:  2,"))
    overlay = tmp_path / "overlay.json"
    overlay.write_text(f'{{"Replace": {{"{handshake}": "{newer}"}}}}')
    plugin = tmp_path / "airdock-plugin"
    run("go", "build", "-overlay", overlay, "-o", plugin, "./cmd/airdock-plugin", cwd=sources)
    error = worker.start_plugin(AIRDOCK_PLUGIN=str(plugin)).stderr.splitlines()[-1]
    for words in (
        "PluginVersionError",
        str(plugin),
        "version 2",
        "version 1",
        "pip install --force-reinstall",
    ):
        assert words in error


def test_an_sdist_installs_where_go_is(dist: Path, sources: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    install_airflow(venv, sources)
    path = f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"
    run("bash", "-euc", INSTALL_FROM_SOURCE, cwd=dist.parent, env=os.environ | {"PATH": path})
    assert run(venv / "bin" / "airdock", "--version").strip() == f"airdock version {VERSION}"
    assert (venv / "bin" / "airdock-plugin").exists()


def test_an_sdist_says_that_it_wants_go(
    dist: Path, worker: Worker, new_environment: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", worker.environment["PATH"])
    (sdist,) = dist.glob("*.tar.gz")
    with pytest.raises(AssertionError, match=r"there is no go on the\s+PATH"):
        new_environment("--no-deps", "--no-cache", sdist)


def test_an_editable_install_needs_no_go(
    worker: Worker, sources: Path, new_environment: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", worker.environment["PATH"])
    venv = new_environment("--no-deps", "--no-cache", "-e", sources / "pythonshim")
    printed = run(
        venv / "bin" / "python", "-P", "-c", "import airdock; print(airdock.__file__, airdock.__version__)"
    )
    assert printed.split() == [str(sources / "pythonshim/airdock/__init__.py"), VERSION]
    assert not (venv / "bin" / "airdock-plugin").exists()
