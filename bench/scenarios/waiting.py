"""What a task costs while its container runs in silence."""

from __future__ import annotations

import contextlib
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from contenders import Failed, Go, Sample, Worker, tree
from figures import Metric, Target
from scenario import HERE, Scenario, Setting

#: Ends at once when it is told to, so that nothing is waited for afterwards.
SLEEP = ("bash", "bash", "-c", "trap 'exit 0' TERM; sleep 1000 & wait")
START = 240.0


def own(pid: int) -> float:
    """Return the memory of a process in MB: what it has alone, and its part of what it shares."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.split("\nPss:")[1].split()[0]) * 1024 / 1e6


def settled(pid: int) -> tuple[float, float]:
    """Return the memory of a process, and of its descendants, once a second changes it no more."""
    before = -1.0
    for _ in range(20):
        first, *others = tree(pid)
        found = own(first), sum(own(other) for other in others)
        if abs(sum(found) - before) < 0.2:
            break
        before = sum(found)
        time.sleep(1)
    return found


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    import docker  # What draws the page has none.

    api = docker.from_env(timeout=300).api
    stack.callback(api.close)
    python = (sys.executable, "-W", "ignore")
    work = str(HERE / "work")
    hundred = setting.number(100, 3)

    def running() -> list[str]:
        return [one["Id"] for one in api.containers(filters={"label": setting.label})]

    def held(number: int, *words: str) -> Sample:
        worker = Worker([setting.program(words[0]), *words[1:]], setting.environ, START)
        began = time.monotonic()
        child = worker.begin()
        try:
            while len(running()) < number:
                if time.monotonic() - began > START or child.poll() is not None:
                    raise Failed(f"{len(running())} of {number} containers run. {worker.said()}")
                time.sleep(0.2)
            process, others = settled(child.pid)
        finally:
            for one in running():
                with contextlib.suppress(docker.errors.APIError):
                    api.kill(one)
            worker.kill()
        return {"process": process, "plugin": others, "both": process + others}

    def waiting(whose: str) -> Go:
        return lambda: held(1, *python, f"{work}/operators.py", whose, "lines", *SLEEP)

    return {
        "Airflow alone": lambda: held(0, *python, f"{work}/parse.py", "airflow.sdk"),
        "official": waiting("official"),
        "airdock": waiting("airdock"),
        "airdock, 100 tasks": lambda: held(
            hundred, *python, f"{work}/client.py", "hold", str(hundred), *SLEEP
        ),
    }


SCENARIO = Scenario(
    name="waiting",
    title="A task that waits",
    what="The memory (PSS) of a process whose container runs in silence, beside that of a process that has "
    "imported `airflow.sdk` and does nothing; then of 100 such containers of one process and one plugin.",
    base="Airflow alone",
    metrics=(
        Metric("process", "process MB", 1, ratio=False),
        Metric("plugin", "plugin MB", 1, ratio=False),
        Metric("both", "both MB", 1, ratio=False),
    ),
    contenders=contenders,
    targets=(
        Target("airdock", "both", 25, minus="Airflow alone"),
        Target("airdock, 100 tasks", "plugin", 40),
    ),
    rounds=1,
)
