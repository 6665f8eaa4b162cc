"""Runs containers through a DockerOperator, the official one or ours, without Airflow's task runner.

operators.py official|airdock start|cold
operators.py official|airdock many N
operators.py official|airdock delay|lines IMAGE CMD...
operators.py official|airdock logfile FILE IMAGE CMD...
"""

from __future__ import annotations

import inspect
import logging
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any

from loop import LABELS, serve, timed, tls


class Silent:
    """A task's logger that keeps nothing."""

    def isEnabledFor(self, level: int) -> bool:
        return level >= logging.INFO

    def info(self, message: str, *args: object) -> None:
        """What both operators write output with."""

    def __getattr__(self, level: str) -> Any:
        return lambda message, *args, **kwargs: None


class Counting(Silent):
    """Counts the lines and the records that they came in."""

    def __init__(self) -> None:
        self.lines = self.characters = self.records = 0

    def info(self, message: str, *args: object) -> None:
        text = message % args if args else message
        self.records += 1
        self.lines += text.count("\n") + 1
        self.characters += len(text)


class Delays(Silent):
    """Keeps how late each line was that says when it was printed, in ms."""

    def __init__(self) -> None:
        self.found: list[float] = []

    def info(self, message: str, *args: object) -> None:
        now = time.time()
        for line in (message % args if args else message).splitlines():
            if line.replace(".", "").isdigit():
                self.found.append((now - float(line)) * 1000)


def operator_class(whose: str) -> Any:
    """Import the operator."""
    if whose == "official":
        from airflow.providers.docker.operators.docker import DockerOperator as Official

        return Official
    from airdock.operators.docker import DockerOperator

    return DockerOperator


def execute(whose: str, log: Any, image: str, command: list[str]) -> Any:
    """Run one container as a task does."""
    base = operator_class(whose)

    class Task(base):  # type: ignore[misc, valid-type]
        log = property(lambda self: log_of[0])

    log_of = [log]
    operator = Task(
        task_id="task",
        image=image,
        command=command,
        auto_remove="force",
        mount_tmp_dir=False,
        network_mode="none",
        labels=LABELS,
        **tls(),
    )
    ti = SimpleNamespace(
        dag_id="bench", task_id="task", run_id=str(time.time_ns()), map_index=-1, try_number=1
    )
    # Airflow refuses execute outside its task runner; below that guard is the method itself.
    return inspect.unwrap(Task.execute)(operator, {"ti": ti})


def many(whose: str, number: int) -> None:
    """Run containers side by side, each as a task of its own thread."""
    threads = [
        threading.Thread(target=execute, args=(whose, Silent(), "bash", ["true"])) for _ in range(number)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def to_file(whose: str, path: str, image: str, command: list[str]) -> dict[str, Any]:
    """Run a container with a log file such as Airflow's; return the lines that are in it, too."""
    log = logging.Logger("task", logging.INFO)
    handler = logging.FileHandler(path, mode="w")
    handler.setFormatter(
        logging.Formatter("[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s")
    )
    log.addHandler(handler)
    cost = timed(lambda: execute(whose, log, image, command))
    handler.close()
    with open(path, "rb") as file:
        return cost | {"lines": sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))}


def work(whose: str, what: str, args: list[str]) -> dict[str, Any]:
    """Do one piece of work."""
    if what == "start":
        return timed(lambda: execute(whose, Silent(), "bash", ["true"]))
    if what == "many":
        return timed(lambda: many(whose, int(args[0])))
    if what == "delay":
        delays = Delays()
        execute(whose, delays, args[0], args[1:])
        return {"delays": delays.found}
    if what == "lines":
        count = Counting()
        cost = timed(lambda: execute(whose, count, args[0], args[1:]))
        return cost | {"lines": count.lines, "characters": count.characters, "records": count.records}
    if what == "logfile":
        return to_file(whose, args[0], args[1], args[2:])
    raise SystemExit(f"operators.py cannot do {what}")


def main() -> None:
    whose, what, *args = sys.argv[1:]
    operator_class(whose)
    serve(lambda: work(whose, what, args))


if __name__ == "__main__":
    main()
