"""What the tests share: waiting for a state, seeing what a task left, running Airflow and fake plugins."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import docker
import pytest

SHIM = Path(__file__).resolve().parent.parent
REPOSITORY = SHIM.parent
T = TypeVar("T")

#: A container that ignores SIGTERM, as PID 1 and by its trap.
STUBBORN = ["bash", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]


def sh(script: str) -> list[str]:
    """Return the command that runs a script in a container of the image bash."""
    return ["bash", "-c", script]


def wait_for(what: str, check: Callable[[], T], seconds: float = 15) -> T:
    """Return what ``check`` returns once that is true; fail when it is not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (value := check()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s for {what}; last seen: {value!r}")
        time.sleep(0.05)
    return value


def wait_until_threads_end(before: set[threading.Thread], seconds: float = 15) -> None:
    """Wait until no thread runs that did not before; if one does, fail and say where it stands."""
    deadline = time.monotonic() + seconds
    while left := set(threading.enumerate()) - before:
        if time.monotonic() > deadline:
            frames = sys._current_frames()
            stacks = [
                f"{thread.name}:\n{''.join(traceback.format_stack(frames.get(thread.ident or 0)))}"
                for thread in left
            ]
            pytest.fail(f"threads left after {seconds:.0f} s:\n" + "\n".join(stacks))
        time.sleep(0.05)


def in_fresh_interpreter(code: str) -> str:
    """Return the last line that a program prints in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(SHIM)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def in_a_thread(do: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    """Begin something in a thread; return that, and a list that gets what it raises."""
    raised: list[BaseException] = []

    def execute() -> None:
        try:
            do()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=execute)
    thread.start()
    return thread, raised


class RecordingLog:
    """A task's logger that remembers: (level, message) in order."""

    def __init__(self) -> None:
        self.records: list[tuple[str, str]] = []

    def isEnabledFor(self, level: int) -> bool:
        return level >= 20

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda message, *args: self.records.append((level, message % args if args else message))

    def lines(self, *levels: str) -> list[str]:
        return [message for level, message in self.records if not levels or level in levels]


class Traces:
    """What one test's tasks have on the engine and on this machine."""

    def __init__(self, dag_id: str, folder: Path, engine: docker.APIClient | None) -> None:
        self.dag_id = dag_id
        self.folder = folder
        self._engine = engine

    def containers(self, running_only: bool = False) -> list[str]:
        if self._engine is None:
            return []
        label = f"dev.airdock.dag-id={self.dag_id}"
        found = self._engine.containers(all=not running_only, filters={"label": label})
        return [container["Id"] for container in found]

    def plugins(self) -> list[int]:
        mark = b"PLUGIN_UNIX_SOCKET_DIR=" + os.fsencode(self.folder)
        return [pid for pid in _processes() if mark in _read(f"/proc/{pid}/environ")]

    def folders(self) -> list[Path]:
        return list(self.folder.glob("airdock-*"))

    def all(self) -> dict[str, Any]:
        found = {"containers": self.containers(), "plugins": self.plugins(), "folders": self.folders()}
        return {name: things for name, things in found.items() if things}

    def assert_running(self) -> None:
        """A container, a plugin and its folder are there: what a test then finds gone was there before."""
        assert set(self.all()) == {"containers", "plugins", "folders"}

    def wait_until_gone(self, seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while left := self.all():
            if time.monotonic() > deadline:
                pytest.fail(f"left behind after {seconds:.0f} s: {left}")
            time.sleep(0.05)

    def clean_up(self) -> None:
        for pid in self.plugins():
            os.kill(pid, signal.SIGKILL)
        for container in self.containers():
            assert self._engine is not None
            self._engine.remove_container(container, force=True, v=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def short_folder() -> Path:
    """Return a new folder with a path short enough for sockets below it; pytest's own are too long."""
    return Path(tempfile.mkdtemp(prefix="at-", dir="/tmp"))


class Task:
    """An operator and what Airflow gives it, without Airflow's task runner around it."""

    def __init__(self, dag_id: str, **parameters: Any) -> None:
        from airdock.operators.docker import DockerOperator

        parameters.setdefault("image", "bash")
        parameters.setdefault("auto_remove", "force")
        parameters.setdefault("mount_tmp_dir", False)
        recording = self.log = RecordingLog()

        class Recorded(DockerOperator):  # in both Airflows ``log`` is a property of a base class
            log = property(lambda self: recording)

        self.operator = Recorded(task_id="task", **parameters)
        self.ti = SimpleNamespace(dag_id=dag_id, task_id="task", run_id="run", map_index=-1, try_number=1)

    def execute(self) -> Any:
        # Airflow refuses execute outside its task runner; below that guard is the method itself.
        return inspect.unwrap(type(self.operator).execute)(self.operator, {"ti": self.ti})


def as_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have four Variables of Airflow name the engine, and nothing else."""
    folder = os.environ["DOCKER_CERT_PATH"]
    variables = {
        "DOCKER_HOST": os.environ["DOCKER_HOST"],
        "DOCKER_CRET_CA": f"{folder}/ca.pem",
        "DOCKER_CLIENT_CERT": f"{folder}/cert.pem",
        "DOCKER_CLIENT_KEY": f"{folder}/key.pem",
    }
    for name in ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(f"AIRFLOW_VAR_{name}", value)


class Airflow:
    """The airflow command, with a home and a database of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def environment(self, folder: Path, dags: Path, **extra: str) -> dict[str, str]:
        return os.environ | {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PYTHONPATH": str(SHIM),
            "TMPDIR": str(folder),
            **extra,
        }

    def tasks_test(
        self, traces: Traces, parameters: dict[str, Any] | None = None, *, task: str = "task", **extra: str
    ) -> TaskProcess:
        """Start ``airflow tasks test``: of a task with these parameters, or of a task in dags/."""
        dags = REPOSITORY / "dags" if parameters is None else SHIM / "tests" / "dags"
        described = json.dumps({"dag_id": traces.dag_id, "parameters": parameters})
        environment = self.environment(traces.folder, dags, AIRDOCK_TEST_TASK=described, **extra)
        command = [sys.executable, "-m", "airflow", "tasks", "test", traces.dag_id, task]
        return TaskProcess(command, environment, traces.folder / "task.log")


class TaskProcess:
    """A process that runs a task, and its log."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command, env=environment, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
            )

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_for_line(self, text: str, seconds: float = 60) -> None:
        """Wait until the task logged a line with the text."""

        def seen() -> bool:
            if self.process.poll() is not None and text not in self.log():
                pytest.fail(f"the task ended without the line {text!r}:\n{self.log()}")
            return text in self.log()

        wait_for(f"the line {text!r}", seen, seconds)

    def wait(self, seconds: float = 60) -> int:
        """Wait for the process to end and return its exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"the task did not end within {seconds:.0f} s:\n{self.log()}")


def fake_plugin(path: Path, body: str) -> str:
    """
    Write a plugin in Python that does what no real one can be made to do, and return its path.

    ``body`` may use ``serve(run)`` of fake_server.py, whose Run call is ``run(request, context)``.
    """
    header = (
        f"#!{sys.executable}\nimport os, sys, time\nsys.path[:0] = [{str(SHIM / 'tests')!r}, {str(SHIM)!r}]\n"
    )
    path.write_text(header + body)
    path.chmod(0o755)
    return str(path)
