"""What the plugin process itself costs."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

from contenders import Go, Sample
from figures import Metric, Target
from scenario import HERE, Scenario, Setting


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    def sized(worker: Go) -> Go:
        def go() -> Sample:
            binary = setting.environ.get("AIRDOCK_PLUGIN") or setting.program("airdock-plugin")
            return {"milliseconds": worker()["milliseconds"], "megabytes": os.stat(binary).st_size / 1e6}

        return go

    script = str(HERE / "work" / "client.py")
    return {
        "airdock (Go host)": sized(setting.worker(stack, "gohost", "spawn")),
        "airdock (Python)": sized(setting.worker(stack, sys.executable, "-W", "ignore", script, "spawn")),
    }


SCENARIO = Scenario(
    name="plugin",
    title="The plugin process",
    what="From the spawn of the process to the answer of its first call. The Go host makes a call that names "
    "no engine; the Python host, which has loaded grpc before, asks the engine what it is and waits for the "
    "plugin's end.",
    base="airdock (Go host)",
    metrics=(Metric("milliseconds", "ms", 1, ratio=False), Metric("megabytes", "binary MB", 1, ratio=False)),
    contenders=contenders,
    targets=(Target("airdock (Go host)", "milliseconds", 30), Target("airdock (Go host)", "megabytes", 25)),
    rounds=15,
    warm=True,
)
