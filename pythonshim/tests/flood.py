"""Run a container that prints N lines of 100 bytes and print what it cost, as JSON: run by test_flood.py.

python flood.py DAG_ID LINES
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

from support import Task

PROGRAM = """
import sys
for i in range({lines}):
    sys.stdout.write("%099d\\n" % i)
"""


class CountingLog:
    """A task's logger that keeps nothing but how many lines came, and whether in order."""

    def __init__(self) -> None:
        self.lines = 0
        self.in_order = True

    def isEnabledFor(self, level: int) -> bool:
        return level >= 20

    def info(self, message: str, *args: object) -> None:
        for line in str(args[0]).split("\n") if message == "%s" else ():
            if line.isdigit():
                self.in_order = self.in_order and int(line) == self.lines
                self.lines += 1

    def __getattr__(self, level: str) -> Any:
        return lambda message, *args: None


def peak(pid: int | str) -> int:
    """Return a process's highest resident memory, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def main() -> None:
    dag_id, lines = sys.argv[1], int(sys.argv[2])
    task = Task(dag_id, image="python:3.11-slim", command=["python", "-c", PROGRAM.format(lines=lines)])
    log = CountingLog()
    task.operator.__class__.log = property(lambda self: log)  # type: ignore[attr-defined]
    plugin_peak, done = [0], threading.Event()

    def watch_plugin() -> None:
        while not done.wait(0.2):
            children = (
                Path(f"/proc/self/task/{threading.main_thread().native_id}/children").read_text().split()
            )
            for pid in children:
                try:
                    plugin_peak[0] = max(plugin_peak[0], peak(pid))
                except (OSError, IndexError):
                    continue

    watcher = threading.Thread(target=watch_plugin)
    watcher.start()
    result = task.execute()
    done.set()
    watcher.join()
    print(
        json.dumps(
            {
                "lines": log.lines,
                "in_order": log.in_order,
                "result": result,
                "shim": peak("self"),
                "plugin": plugin_peak[0],
            }
        )
    )


if __name__ == "__main__":
    main()
