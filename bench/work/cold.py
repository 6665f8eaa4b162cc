"""One task from a fresh interpreter: cold.py empty|official|airdock."""

from __future__ import annotations

import inspect
import logging
import sys
from types import SimpleNamespace

from airflow.sdk import DAG, BaseOperator
from loop import LABELS, tls

whose = sys.argv[1]
parameters: dict = {"task_id": "task"}
if whose == "empty":

    class Operator(BaseOperator):
        def execute(self, context: object) -> None:
            """Do nothing."""

elif whose == "official":
    from airflow.providers.docker.operators.docker import DockerOperator as Operator
else:
    from airdock.operators.docker import DockerOperator as Operator
if whose != "empty":
    parameters |= tls() | {
        "image": "bash",
        "command": ["true"],
        "auto_remove": "force",
        "mount_tmp_dir": False,
        "network_mode": "none",
        "labels": LABELS,
    }


class Task(Operator):
    log = logging.getLogger("task")


with DAG("bench", schedule=None):
    task = Task(**parameters)
ti = SimpleNamespace(dag_id="bench", task_id="task", run_id="run", map_index=-1, try_number=1)
inspect.unwrap(Task.execute)(task, {"ti": ti})
