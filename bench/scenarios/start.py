"""How long a container that does nothing takes in a process that is warm."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from contenders import Go
from figures import Metric, Target
from scenario import HERE, Scenario, Setting


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    work = str(HERE / "work")

    def python(script: str, *args: str) -> Go:
        return setting.worker(stack, sys.executable, "-W", "ignore", f"{work}/{script}", *args)

    return {
        "floor": setting.worker(stack, "floor", "start"),
        "docker CLI": lambda: setting.command(
            "docker", "run", "--rm", "--network", "none", "--label", setting.label, "bash", "true"
        )(),
        "official": python("operators.py", "official", "start"),
        "airdock": python("client.py", "start"),
    }


SCENARIO = Scenario(
    name="start",
    title="A container that does nothing, from a warm process",
    what="`true` without a network: created, started, waited for and removed, from a process that has done "
    "it before. Airdock is `airdock.client.Client` with its plugin running. The docker CLI is a new process "
    "each time, as it always is.",
    base="floor",
    metrics=(Metric("seconds", "s", 3), Metric("cpu", "client CPU s", 3, ratio=False)),
    contenders=contenders,
    targets=(Target("airdock", "seconds", 1.03, beside="floor"),),
    rounds=15,
    warm=True,
)
