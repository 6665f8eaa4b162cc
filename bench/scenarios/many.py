"""How many containers a process runs side by side."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from contextlib import ExitStack

from contenders import Go, Sample
from figures import Metric, Target
from scenario import HERE, Scenario, Setting


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    python = (sys.executable, "-W", "ignore")
    work = str(HERE / "work")
    numbers = [setting.number(50, 3), setting.number(10, 2), 1]

    def cli(number: int) -> Sample:
        words = (setting.program("docker"), "run", "--rm", "--network", "none", "--label", setting.label)
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        running = [
            subprocess.Popen([*words, "bash", "true"], env=setting.environ, stderr=subprocess.DEVNULL)
            for _ in range(number)
        ]
        codes = [one.wait(timeout=120) for one in running]
        took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        if any(codes):
            raise ValueError(f"docker run ended with {codes}")
        return {
            "seconds": took,
            "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        }

    def each(*words: str) -> Go:
        def run(number: int) -> Sample:
            return setting.fresh(*words, str(number))()

        return by_number(run)

    def by_number(run: Go) -> Go:
        def go() -> Sample:
            full, ten, one = (run(number) for number in numbers)  # type: ignore[call-arg]
            return {
                "rate": numbers[0] / full["seconds"],
                "rate_10": numbers[1] / ten["seconds"],
                "rate_1": numbers[2] / one["seconds"],
                **{key: full[key] for key in ("cpu", "peak") if key in full},
            }

        return go

    return {
        "floor": each("floor", "many"),
        "docker CLI": by_number(cli),  # type: ignore[arg-type]
        "official": each(*python, f"{work}/operators.py", "official", "many"),
        "airdock": each(*python, f"{work}/client.py", "many"),
    }


SCENARIO = Scenario(
    name="many",
    title="50 containers at once",
    what="50 containers that run `true`, side by side: 50 threads with an official operator each; 50 "
    "processes of the docker CLI; 50 threads, one client and one plugin with Airdock. The official "
    "operator's CPU time is without its imports, Airdock's is with its plugin's start and end.",
    base="floor",
    metrics=(
        Metric("rate", "containers/s"),
        Metric("rate_10", "10 at once, /s"),
        Metric("rate_1", "1 alone, /s"),
        Metric("cpu", "client CPU s", 2, ratio=False),
        Metric("peak", "memory MB", 0, ratio=False),
    ),
    contenders=contenders,
    targets=(
        Target("airdock", "rate", 0.95, beside="floor", least=True),
        Target("airdock", "cpu", 0.5, beside="official"),
    ),
    rounds=3,
)
