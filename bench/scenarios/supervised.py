"""How fast a container's lines come through Airflow's supervisor into a task's log."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack

from contenders import Go, Sample
from figures import Metric, Target
from scenario import HERE, LINES, Scenario, Setting


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    number = setting.number(1_000_000)
    environ = {
        "AIRFLOW_HOME": str(setting.folder / "supervised"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRDOCK_BENCH_COMMAND": LINES.format(number),
    }
    subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=setting.environ | environ,
        check=True,
        capture_output=True,
        timeout=120,
    )

    def through(whose: str) -> Go:
        words = (sys.executable, "-W", "ignore", str(HERE / "work" / "supervised.py"), whose)
        worker = setting.fresh(*words, str(setting.folder / "task.log"), seconds=240, **environ)

        def go() -> Sample:
            found = worker()
            if found["lines"] != number:
                raise ValueError(f"{found['lines']:.0f} of {number} lines are in the log")
            return {"rate": number / found["seconds"], **found}

        return go

    return {"official": through("official"), "airdock": through("airdock")}


SCENARIO = Scenario(
    name="supervised",
    title="A million lines through Airflow's supervisor into the task's log",
    what="A task as a worker of Airflow 3.3 runs it: a supervisor, the task in a process forked from it, and "
    "the supervisor's log file. Each record crosses a socket as JSON and is written as JSON. The task's "
    "start, about a second, is in the time.",
    base="official",
    metrics=(
        Metric("rate", "lines/s", 0),
        Metric("records", "records", 0, ratio=False),
        Metric("cpu", "CPU s", 1, ratio=False),
        Metric("peak", "memory MB", 0, ratio=False),
    ),
    contenders=contenders,
    targets=(Target("airdock", "rate", 5, beside="official", least=True),),
    rounds=2,
    seconds=200,
)
