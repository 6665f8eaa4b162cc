"""How fast a container's lines come, with nothing done to them."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from contenders import Go, Sample
from figures import Metric, Target
from scenario import HERE, LINES, Scenario, Setting


def counted(worker: Go, number: int) -> Go:
    """Return lines a second, and refuse a run that lost some."""

    def go() -> Sample:
        found = worker()
        if found["lines"] != number:
            raise ValueError(f"{found['lines']:.0f} of {number} lines came")
        return {"rate": number / found["seconds"], "cpu": found["cpu"], "peak": found["peak"]}

    return go


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    python = (sys.executable, "-W", "ignore")
    work = str(HERE / "work")
    sizes = [setting.number(1_000_000), setting.number(100_000), setting.number(10_000)]

    def drained(number: int) -> dict[str, Go]:
        command = ("bash", "sh", "-c", LINES.format(number))
        run = ("docker", "run", "--rm", "--network", "none", "--label", setting.label)

        def cli() -> Sample:
            found = setting.command(*run, *command)()
            return {"rate": number / found["seconds"], "cpu": found["cpu"], "peak": found["peak"]}

        def ours(*words: str) -> Go:
            return counted(setting.fresh(*words, *command), number)

        return {
            "floor (logs)": ours("floor", "lines", "logs"),
            "floor (attach)": ours("floor", "lines", "attach"),
            "docker CLI": cli,
            "docker-py": ours(*python, f"{work}/docker_py.py", "lines"),
            "airdock (Go host)": ours("gohost", "lines"),
            "airdock (Python)": ours(*python, f"{work}/client.py", "lines"),
        }

    by_size = [drained(number) for number in sizes]

    def all_sizes(name: str) -> Go:
        def go() -> Sample:
            full, tenth, hundredth = (goes[name]() for goes in by_size)
            return {
                **full,
                "growth": full["peak"] - hundredth["peak"],
                "rate_tenth": tenth["rate"],
                "rate_hundredth": hundredth["rate"],
            }

        return go

    return {name: all_sizes(name) for name in by_size[0]}


SCENARIO = Scenario(
    name="lines",
    title="A million lines of 100 bytes, drained and decoded",
    what="From the container's creation to its removal, with nothing written anywhere. Attaching gives the "
    "output as it is written and only once; `GET /logs` reads the engine's log file, and can be resumed "
    "after a broken connection. Airdock attaches, and reads the log where that cannot go on. The growth is "
    "the memory over that of a run of 10,000 lines, all processes together.",
    base="floor (attach)",
    metrics=(
        Metric("rate", "lines/s", 0),
        Metric("cpu", "client CPU s", 1, ratio=False),
        Metric("peak", "memory MB", 0, ratio=False),
        Metric("growth", "growth MB", 1, ratio=False),
        Metric("rate_tenth", "lines/s of 100,000", 0, ratio=False),
        Metric("rate_hundredth", "lines/s of 10,000", 0, ratio=False),
    ),
    contenders=contenders,
    targets=(
        Target("airdock (Go host)", "rate", 0.95, beside="floor (attach)", least=True),
        Target("airdock (Python)", "rate", 0.95, beside="floor (attach)", least=True),
        Target("airdock (Python)", "growth", 16),
    ),
    rounds=2,
    seconds=150,
)
