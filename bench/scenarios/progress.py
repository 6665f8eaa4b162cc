"""What a progress bar costs that redraws itself a million times."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from contenders import Go, Sample, once
from figures import Metric, Target
from scenario import HERE, Scenario, Setting

PROGRAM = "import sys\nfor i in range({}):\n    sys.stdout.write('\\r%26d' % i)\nprint()"


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    command = ("python:3.11-slim", "python", "-c", PROGRAM.format(setting.number(1_000_000)))
    script = str(HERE / "work" / "operators.py")

    def through(whose: str) -> Go:
        return setting.fresh(sys.executable, "-W", "ignore", script, whose, "lines", *command)

    def kept(worker: Go) -> Go:
        def go() -> Sample:
            found = worker()
            return {key: found[key] for key in ("seconds", "cpu", "peak", "records") if key in found}

        return go

    return {
        "docker CLI": kept(
            lambda: setting.command(
                "docker", "run", "--rm", "--network", "none", "--label", setting.label, *command
            )()
        ),
        "official": once(kept(through("official"))),
        "airdock": kept(through("airdock")),
    }


SCENARIO = Scenario(
    name="progress",
    title="A progress bar of a million updates",
    what="27 MB: a million states of 27 bytes, each begun with a carriage return. The records are what a "
    "reader of the log gets to see, the operator's own among them.",
    base="docker CLI",
    metrics=(
        Metric("seconds", "s"),
        Metric("cpu", "client CPU s", 2, ratio=False),
        Metric("peak", "memory MB", 0, ratio=False),
        Metric("records", "records", 0, ratio=False),
    ),
    contenders=contenders,
    targets=(Target("airdock", "seconds", 1.2, beside="docker CLI"),),
    rounds=3,
)
