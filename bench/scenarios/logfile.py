"""How fast a container's lines come into a log file of the task's process."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from contenders import Go, Sample
from figures import Metric, Target
from scenario import HERE, LINES, ONE_BY_ONE, Scenario, Setting


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    script = str(HERE / "work" / "operators.py")
    file = str(setting.folder / "task.log")
    blocks, lines = setting.number(1_000_000), setting.number(200_000)

    def through(whose: str) -> Go:
        words = (sys.executable, "-W", "ignore", script, whose, "logfile", file)

        def into(number: int, *command: str) -> Sample:
            found = setting.fresh(*words, *command, seconds=200)()
            if found["lines"] < number:
                raise ValueError(f"{found['lines']:.0f} of {number} lines are in the file")
            return found

        def go() -> Sample:
            found = into(blocks, "bash", "sh", "-c", LINES.format(blocks))
            single = into(lines, "python:3.11-slim", "python", "-c", ONE_BY_ONE.format(lines))
            return {
                "rate": blocks / found["seconds"],
                "single": lines / single["seconds"],
                "cpu": found["cpu"],
                "peak": found["peak"],
            }

        return go

    return {"official": through("official"), "airdock": through("airdock")}


SCENARIO = Scenario(
    name="logfile",
    title="A million lines into a log file",
    what="The operators, with a logger of Python's `logging` and a `FileHandler` behind it, without "
    "Airflow's supervisor. Programs that write to a pipe mostly fill a buffer first; 200,000 further lines "
    "are written one by one, each with a system call of its own.",
    base="official",
    metrics=(
        Metric("rate", "lines/s, buffered", 0),
        Metric("single", "lines/s, one by one", 0),
        Metric("cpu", "CPU s", 1, ratio=False),
        Metric("peak", "memory MB", 0, ratio=False),
    ),
    contenders=contenders,
    targets=(Target("airdock", "rate", 5, beside="official", least=True),),
    rounds=2,
    seconds=60,
)
