"""What output without line ends costs."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from contenders import Go, Sample, once
from figures import Metric, Target
from scenario import HERE, Scenario, Setting


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    script = str(HERE / "work" / "operators.py")

    def printing(size: int) -> tuple[str, ...]:
        return ("bash", "sh", "-c", f"head -c {size} /dev/zero | tr '\\0' z")

    def cli(size: int) -> Sample:
        run = ("docker", "run", "--rm", "--network", "none", "--label", setting.label)
        return setting.command(*run, *printing(size))()

    def through(whose: str, size: int) -> Sample:
        words = (sys.executable, "-W", "ignore", script, whose, "lines")
        found = setting.fresh(*words, *printing(size))()
        # What is logged beside the output is far less than a thousandth of it.
        if whose == "airdock" and not size <= found["characters"] <= size * 1.001 + 1000:
            raise ValueError(f"{found['characters']:.0f} of {size} characters came")
        return found

    def sizes(run: Go, megabytes: tuple[int, ...]) -> Go:
        def go() -> Sample:
            sample: Sample = {}
            for number in megabytes:
                found = run(setting.number(number * 1_000_000))  # type: ignore[call-arg]
                sample |= {f"seconds_{number}": found["seconds"], f"peak_{number}": found["peak"]}
            return sample

        return go

    return {
        "docker CLI": sizes(cli, (25, 50, 200)),  # type: ignore[arg-type]
        "official": once(sizes(lambda size: through("official", size), (25, 50))),  # type: ignore[misc]
        "airdock": sizes(lambda size: through("airdock", size), (25, 50, 200)),  # type: ignore[misc]
    }


SCENARIO = Scenario(
    name="longline",
    title="Output without a line end",
    what="The operators, with a logger that only counts. The official operator joins what it reads into one "
    "string that it copies each time; 200 MB would take it some ten minutes and are left out, and it has "
    "one turn.",
    base="docker CLI",
    metrics=(
        Metric("seconds_25", "25 MB, s"),
        Metric("seconds_50", "50 MB, s"),
        Metric("seconds_200", "200 MB, s"),
        Metric("peak_50", "memory at 50 MB", 0, ratio=False),
        Metric("peak_200", "memory at 200 MB", 0, ratio=False),
    ),
    contenders=contenders,
    targets=(
        Target("airdock", "seconds_50", 1.2, beside="docker CLI"),
        Target("airdock", "seconds_200", 1.2, beside="docker CLI"),
    ),
    rounds=3,
)
