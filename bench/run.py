"""Runs scenarios and writes what they found.

python bench/run.py [--quick] [--json FILE] [SCENARIO...]

The engine is that of the DOCKER_* variables; floor, gohost, airdock and airdock-plugin are on the PATH.
The JSON is written after each scenario; a file that exists keeps the scenarios that are not run again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import figures
import machine
import scenarios
from scenario import Scenario, Setting
from sweep import Sweep

#: What a run is scaled to that only shows whether everything works.
QUICK = 0.01


def measure(scenario: Scenario, setting: Setting) -> dict[str, Any]:
    """Give each contender its turn, round by round; one that fails is out, and what it did stays."""
    record: dict[str, Any] = {
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "load": os.getloadavg()[0],
        "scale": setting.scale,
        "samples": {},
        "errors": {},
    }
    began = time.monotonic()
    with ExitStack() as stack:
        goes = scenario.contenders(setting, stack)
        record["samples"] = {name: [] for name in goes}
        first = -1 if scenario.warm else 0
        for number in range(first, scenario.rounds if setting.scale == 1 else 1):
            if time.monotonic() - began > scenario.seconds:
                break
            for name in figures.turns(list(goes), number):
                if name in record["errors"]:
                    continue
                try:
                    sample = goes[name]()
                    if number >= 0:
                        record["samples"][name].append(sample)
                except Exception as error:
                    record["errors"][name] = f"{type(error).__name__}: {error}"
                print(".", end="", file=sys.stderr, flush=True)
    record["seconds"] = round(time.monotonic() - began, 1)
    return record


def show(scenario: Scenario, record: dict[str, Any]) -> None:
    """Print a scenario's table and what became of its targets."""
    rows = figures.summary(record)
    print(f"\n{scenario.name}: {scenario.title} ({record['seconds']:.0f} s, load {record['load']:.2f})")
    print(figures.as_text(figures.cells(scenario.metrics, rows, scenario.base, record["errors"])))
    for words, value, word in figures.verdicts(scenario.targets, scenario.metrics, rows):
        print(f"  {word}: {words}; measured {value}")
    for name, error in record["errors"].items():
        print(f"  {name}: {error}")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help=", ".join(scenarios.NAMES))
    parser.add_argument("--quick", action="store_true", help="small sizes and one round: a try of the tool")
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    names = options.names or list(scenarios.NAMES)
    if unknown := set(names) - set(scenarios.NAMES):
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}")
    # Set on some machines for a proxy's sake, and then docker-py does not trust the engine's CA.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        os.environ.pop(name, None)
    # Set on others, and then each process compiles all of Airflow anew, as on no worker.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir="/tmp"))
    label = f"airdock-bench={os.getpid()}"
    os.environ |= {"AIRDOCK_BENCH_LABEL": label, "AIRFLOW_HOME": str(folder / "airflow")}
    setting = Setting(QUICK if options.quick else 1, folder, label)
    run: dict[str, Any] = json.loads(options.json.read_text()) if options.json.exists() else {"scenarios": {}}
    sweep = Sweep(setting)
    try:
        run["machine"] = machine.describe(setting)
        print("\n".join(f"{name}: {value}" for name, value in run["machine"].items()))
        sweep.prepare()
        for name in names:
            scenario = scenarios.load(name)
            run["scenarios"][name] = measure(scenario, setting)
            sweep.clean()
            show(scenario, run["scenarios"][name])
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps(run, indent=1) + "\n")
    finally:
        sweep.clean()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
