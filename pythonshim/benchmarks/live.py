"""How late a line is in the task's log: Airdock beside the official operator, in one run.

A container prints the time, line by line, and then sleeps silently. The delay of a line is the time
of its log record less the time that it carries; engine and worker share a clock here. The engine is
that of DOCKER_HOST and DOCKER_CERT_PATH. Prints medians and worst cases in milliseconds.

    python benchmarks/live.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import statistics
import time
from types import SimpleNamespace
from typing import Any

LINES, PAUSE, SILENCE = 20, 0.1, 5
COMMAND = [
    "bash",
    "-c",
    f"for i in {{1..{LINES}}}; do echo at=$EPOCHREALTIME; sleep {PAUSE}; done; sleep {SILENCE}",
]


class Delays(logging.Handler):
    """Keeps how old each line is when it is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take the delays of the lines in a record."""
        now = time.time()
        self.seconds.extend(now - float(at) for at in re.findall(r"at=([0-9.]+)", record.getMessage()))


def measure(operator_class: type, parameters: dict[str, Any], number: int) -> list[float]:
    """Run an operator without a scheduler and return the delays of its lines, in seconds."""
    delays = Delays()
    logger = logging.getLogger(f"live-{number}")
    logger.setLevel(logging.INFO)
    logger.addHandler(delays)
    logger.propagate = False
    operator = type(operator_class.__name__, (operator_class,), {"log": logger})(**parameters)
    ti = SimpleNamespace(dag_id="live", task_id=operator.task_id, run_id=str(number), map_index=-1, try_number=1)
    operator.execute({"ti": ti})
    if len(delays.seconds) != LINES:
        raise SystemExit(f"{operator_class.__module__} logged {len(delays.seconds)} of {LINES} lines")
    return delays.seconds


def main() -> None:
    """Run both operators in turn and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    # Set on some machines for a proxy's sake, and then docker-py does not trust the engine's CA.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        os.environ.pop(name, None)

    from airdock.operators.docker import DockerOperator
    from airflow.providers.docker.operators.docker import DockerOperator as OfficialOperator

    folder = os.environ["DOCKER_CERT_PATH"]
    common: dict[str, Any] = {
        "task_id": "live",
        "image": "bash",
        "command": COMMAND,
        "auto_remove": "force",
        "mount_tmp_dir": False,
        "docker_url": os.environ["DOCKER_HOST"],
        "tls_ca_cert": f"{folder}/ca.pem",
        "tls_client_cert": f"{folder}/cert.pem",
        "tls_client_key": f"{folder}/key.pem",
    }
    found: dict[str, list[float]] = {"airdock": [], "official": []}
    for number in range(rounds):
        found["airdock"] += measure(DockerOperator, common, 2 * number)
        found["official"] += measure(OfficialOperator, common, 2 * number + 1)
    print(f"{'':10}{'median ms':>12}{'worst ms':>12}{'lines':>8}")
    for name, seconds in found.items():
        worst, middle = 1000 * max(seconds), 1000 * statistics.median(seconds)
        print(f"{name:10}{middle:12.1f}{worst:12.1f}{len(seconds):8}")


if __name__ == "__main__":
    main()
