"""How long a line takes from the container to the task's log, here and with the official operator.

    AIRDOCK_PLUGIN=... DOCKER_HOST=... DOCKER_CERT_PATH=... DOCKER_TLS_VERIFY=1 python benchmarks/live.py

The container prints the time, line by line, and sleeps 5 s before it ends. Engine and worker must share a
clock: the same machine does. Needs the official provider beside ours, for the comparison.
"""

from __future__ import annotations

import inspect
import os
import statistics
import tempfile
import time
from types import SimpleNamespace
from typing import Any

for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # the official operator would take them for the CA
    os.environ.pop(name, None)
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp())

from airflow.providers.docker.operators.docker import DockerOperator as Official

from airdock.operators.docker import DockerOperator

SCRIPT = "for n in $(seq 20); do echo $EPOCHREALTIME; sleep 0.05; done; sleep 5"


def lags(operator_class: Any, **parameters: Any) -> list[float]:
    """Run the container and return each line's way from print to log, in seconds."""
    found: list[float] = []

    def info(message: str, *args: object) -> None:
        text = message % args if args else message
        if text.replace(".", "").isdigit():
            found.append(time.time() - float(text))

    silent = SimpleNamespace(
        info=info,
        isEnabledFor=lambda level: False,
        debug=print,
        warning=print,
        error=print,
    )

    class Timed(operator_class):  # type: ignore[misc]
        log = property(lambda self: silent)

    operator = Timed(
        task_id="task",
        image="bash",
        command=["bash", "-c", SCRIPT],
        auto_remove="force",
        mount_tmp_dir=False,
        **parameters,
    )
    ti = SimpleNamespace(dag_id="bench", task_id="task", run_id=str(time.time()), map_index=-1, try_number=1)
    inspect.unwrap(Timed.execute)(operator, {"ti": ti})
    return found


def main() -> None:
    folder = os.environ["DOCKER_CERT_PATH"]
    tls = {
        "docker_url": os.environ["DOCKER_HOST"],
        "tls_ca_cert": f"{folder}/ca.pem",
        "tls_client_cert": f"{folder}/cert.pem",
        "tls_client_key": f"{folder}/key.pem",
    }
    for title, operator in (("airdock", DockerOperator), ("official", Official)):
        found = [lag * 1000 for lag in lags(operator, **tls)]
        print(
            f"{title:9} {len(found)} lines: median {statistics.median(found):.1f} ms, "
            f"first {found[0]:.1f} ms, worst {max(found):.1f} ms"
        )


if __name__ == "__main__":
    main()
