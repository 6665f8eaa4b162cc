"""A build without Airflow around it."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import docker
from support import RecordingLog

from airdock.operators.docker import DockerBuildOperator


class BuildTask:
    """A DockerBuildOperator and what Airflow gives it, without Airflow's task runner around it."""

    def __init__(self, dag_id: str, **parameters: Any) -> None:
        recording = self.log = RecordingLog()

        class Recorded(DockerBuildOperator):  # in both Airflows ``log`` is a property of a base class
            log = property(lambda self: recording)

        self.operator = Recorded(task_id="task", **parameters)
        self.ti = SimpleNamespace(dag_id=dag_id, task_id="task", run_id="run", map_index=-1, try_number=1)

    def execute(self) -> dict[str, Any]:
        execute = inspect.unwrap(type(self.operator).execute)
        result: dict[str, Any] = execute(self.operator, {"ti": self.ti, "word": "rendered"})
        return result


def has(engine: docker.APIClient, name: str) -> bool:
    try:
        engine.inspect_image(name)
    except docker.errors.ImageNotFound:
        return False
    return True
