"""What a task pays for its operator, from a fresh interpreter to its end."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from contenders import Go
from figures import Metric, Target
from scenario import HERE, Scenario, Setting


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    script = str(HERE / "work" / "cold.py")
    return {
        whose: setting.command(sys.executable, "-W", "ignore", script, whose)
        for whose in ("empty", "official", "airdock")
    }


SCENARIO = Scenario(
    name="cold",
    title="A task from a fresh interpreter",
    what="A new Python process imports Airflow's task SDK and an operator and runs `true` without a network; "
    "the empty one runs an operator that does nothing. What is over the empty one is the operator's import, "
    "the plugin's start, the container and the plugin's end.",
    base="empty",
    metrics=(
        Metric("seconds", "s", 3, ratio=False),
        Metric("cpu", "CPU s", 3, ratio=False),
        Metric("peak", "memory MB", 0, ratio=False),
    ),
    contenders=contenders,
    targets=(Target("airdock", "seconds", 0.30, minus="empty"),),
    rounds=7,
    warm=True,
)
