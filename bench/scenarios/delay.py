"""How late a line is."""

from __future__ import annotations

import statistics
import sys
from contextlib import ExitStack

from contenders import Go, Sample
from figures import Metric, Target
from scenario import HERE, Scenario, Setting


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    number = setting.number(40, 5)
    script = f"for n in $(seq {number}); do echo $EPOCHREALTIME; sleep 0.05; done; sleep 5"
    command = ("bash", "bash", "-c", script)
    operators = str(HERE / "work" / "operators.py")

    def delays(*words: str) -> Go:
        worker = setting.fresh(*words)

        def go() -> Sample:
            found = worker()["delays"]
            if len(found) != number:
                raise ValueError(f"{len(found)} of {number} lines came")
            return {"median": statistics.median(found), "worst": max(found)}

        return go

    return {
        "floor (attach)": delays("floor", "delay", "attach", *command),
        "floor (logs)": delays("floor", "delay", "logs", *command),
        "official": delays(sys.executable, "-W", "ignore", operators, "official", "delay", *command),
        "airdock": delays(sys.executable, "-W", "ignore", operators, "airdock", "delay", *command),
    }


SCENARIO = Scenario(
    name="delay",
    title="How late a line is in the task's log",
    what="A container prints the time every 0.05 s and then goes on for 5 s in silence. The delay is from "
    "there to the call of the task's logger. Engine and task share a machine and its clock.",
    base="floor (logs)",
    metrics=(Metric("median", "median ms", 1, ratio=False), Metric("worst", "worst ms", 1, ratio=False)),
    contenders=contenders,
    targets=(Target("airdock", "median", 50), Target("airdock", "worst", 300)),
    rounds=2,
)
