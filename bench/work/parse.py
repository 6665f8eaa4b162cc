"""What an import costs: parse.py MODULE."""

from __future__ import annotations

import sys
import time
from importlib import import_module

from airflow.sdk import DAG, BaseOperator
from loop import serve


def resident() -> int:
    """Return this process's memory in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def main() -> None:
    assert DAG
    assert BaseOperator
    before, modules = resident(), len(sys.modules)
    began = time.perf_counter()
    import_module(sys.argv[1])
    took = time.perf_counter() - began
    cost = {
        "milliseconds": took * 1000,
        "modules": len(sys.modules) - modules,
        "megabytes": (resident() - before) / 1e6,
    }
    serve(lambda: cost)


if __name__ == "__main__":
    main()
