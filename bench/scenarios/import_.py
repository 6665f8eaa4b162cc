"""What a DAG file pays for the import of an operator, at each parse."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from contenders import Go
from figures import Metric, Target
from scenario import HERE, Scenario, Setting


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    script = str(HERE / "work" / "parse.py")
    modules = {"official": "airflow.providers.docker.operators.docker", "airdock": "airdock.operators.docker"}
    return {
        name: setting.fresh(sys.executable, "-W", "ignore", script, module)
        for name, module in modules.items()
    }


SCENARIO = Scenario(
    name="import",
    title="The import in a DAG file",
    what="What the import of the operator adds to a DAG file's parse, in a process that has imported "
    "`airflow.sdk`, as Airflow's DAG processor has. A task's process pays for it again.",
    base="official",
    metrics=(
        Metric("milliseconds", "ms", 1),
        Metric("modules", "modules", 0, ratio=False),
        Metric("megabytes", "MB", 1, ratio=False),
    ),
    contenders=contenders,
    targets=(Target("airdock", "milliseconds", 10),),
    rounds=7,
    warm=True,
)
