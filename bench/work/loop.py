"""The loop of a worker: work once for each line of standard input, answer with a line of JSON."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Airflow writes to standard output when it likes; what is left of it is for answers.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

LABEL_NAME, _, LABEL_VALUE = os.environ.get("AIRDOCK_BENCH_LABEL", "airdock-bench=x").partition("=")
LABELS = {LABEL_NAME: LABEL_VALUE}


def serve(do: Callable[[], dict[str, Any]]) -> None:
    """Do the work for each line that is read."""
    for _ in sys.stdin:
        print(json.dumps(do()), file=_answers, flush=True)


def timed(do: Callable[[], Any]) -> dict[str, Any]:
    """Return how many seconds something took, and the CPU seconds of us and our children."""
    before, began = spent(), time.monotonic()
    do()
    return {"seconds": time.monotonic() - began, "cpu": spent() - before}


def spent() -> float:
    """Return the CPU seconds of this process and its children, of those that still run, too."""
    ticks = 0
    for listed in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # A thread that ended while we looked.
            for child in listed.read_text().split():
                # What stands in parentheses is the program's name, which may hold anything.
                fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15]))
    return sum(os.times()[:4]) + ticks / os.sysconf("SC_CLK_TCK")


def tls() -> dict[str, str]:
    """Return the engine of the DOCKER_* variables as both operators want it."""
    folder = os.environ["DOCKER_CERT_PATH"]
    return {
        "docker_url": os.environ["DOCKER_HOST"],
        "tls_ca_cert": f"{folder}/ca.pem",
        "tls_client_cert": f"{folder}/cert.pem",
        "tls_client_key": f"{folder}/key.pem",
    }
