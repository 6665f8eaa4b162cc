"""One ``airflow standalone`` with a home of its own, in the Airflow of another virtual environment."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
#: What the DAGs folder has; another DAG would only cost time.
DAGS = (
    *("dags/tutorial_provider_docker_run.py", "dags/tutorial_provider_docker_build.py", "dags/docker"),
    "pythonshim/tests_ui/dags/flood.py",
)
START_SECONDS = 180
RUN_SECONDS = 120
END_SECONDS = 20
#: The processes of Airflow are on this machine, whatever proxy its user has.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Standalone:
    """Airflow, with all its processes in a session of their own."""

    def __init__(self, venv: Path, home: Path, log: Path) -> None:
        """
        Start Airflow.

        :param venv: the virtual environment that Airflow is installed in.
        :param home: a folder that is not there yet; :meth:`end` removes it.
        :param log: the file for what all of Airflow's processes print.
        """
        port, worker_logs, triggerer_logs = _free_ports(3)
        self.url = f"http://127.0.0.1:{port}"
        self._home, self._log = home, log
        dags = home / "dags"
        dags.mkdir(parents=True)
        for name in DAGS:
            source = REPOSITORY / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, dags / source.name)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [venv / "bin" / "airflow", "standalone"],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
                | {
                    "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
                    "AIRFLOW_HOME": str(home),
                    "AIRFLOW__API__BASE_URL": f"{self.url}/",
                    "AIRFLOW__API__HOST": "127.0.0.1",
                    "AIRFLOW__API__PORT": str(port),
                    "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
                    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
                    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                    "AIRFLOW__CORE__PARALLELISM": "2",
                    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
                    "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
                    "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(triggerer_logs),
                    "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(worker_logs),
                    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
                },
            )

    def wait_until_ready(self) -> None:
        """
        Wait until each part of Airflow says that it is well, and the DAGs are there.

        :raises AssertionError: Airflow ended, or is not ready after START_SECONDS.
        """
        self._wait("ready", START_SECONDS, self._ready)

    def run(self, dag: str) -> str:
        """
        Run a DAG and return the id of its run, which succeeded.

        :raises AssertionError: the run failed, or has not ended after RUN_SECONDS.
        """
        self._ask(f"/api/v2/dags/{dag}", "PATCH", {"is_paused": False})
        run = self._ask(f"/api/v2/dags/{dag}/dagRuns", "POST", {"logical_date": None})["dag_run_id"]
        state = self._wait(f"at the end of {dag}", RUN_SECONDS, lambda: self._end_state(dag, run))
        assert state == "success", f"the run of {dag} ended as {state}: see {self._log}"
        return str(run)

    def end(self) -> None:
        """End Airflow and every process that it started, whatever state they are in."""
        try:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)
        finally:
            # Tasks are in process groups of their own, but in this session.
            for pid in _session(self._process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait(END_SECONDS)
            shutil.rmtree(self._home, ignore_errors=True)

    def _ready(self) -> bool:
        health = self._ask("/api/v2/monitor/health")
        known = self._ask("/api/v2/dags")["dags"]
        parts = ("scheduler", "dag_processor", "triggerer")
        well = all(health[part]["status"] == "healthy" for part in parts)
        return well and len(known) == sum(name.endswith(".py") for name in DAGS)

    def _end_state(self, dag: str, run: str) -> str | None:
        state = self._ask(f"/api/v2/dags/{dag}/dagRuns/{run}")["state"]
        return state if state in ("success", "failed") else None

    def _ask(self, path: str, method: str = "GET", body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            self.url + urllib.parse.quote(path),
            json.dumps(body).encode() if body else None,
            {"Content-Type": "application/json"},
            method=method,
        )
        with _opener.open(request, timeout=10) as answer:
            return json.load(answer)

    def _wait(self, what: str, seconds: float, answer: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + seconds
        while True:
            why = ""
            try:
                if value := answer():
                    return value
            except OSError as error:  # while it starts, or SQLite is locked
                why = f" ({error})"
            code = self._process.poll()
            assert code is None, f"Airflow exited with {code}: see {self._log}"
            assert time.monotonic() < deadline, f"not {what} after {seconds:.0f} s{why}: see {self._log}"
            time.sleep(0.2)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [found.getsockname()[1] for found in sockets]


def _session(leader: int) -> list[int]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(int(name)) == leader:
                found.append(int(name))
    return found
