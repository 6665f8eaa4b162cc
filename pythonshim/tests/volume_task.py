"""A task on a volume without Airflow around it."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import docker
from support import RecordingLog

from airdock.operators.docker import DockerVolumeOperator


class VolumeTask:
    """A DockerVolumeOperator and what Airflow gives it, without Airflow's task runner around it."""

    def __init__(self, dag_id: str, operation: str, **parameters: Any) -> None:
        recording = self.log = RecordingLog()

        class Recorded(DockerVolumeOperator):  # in both Airflows ``log`` is a property of a base class
            log = property(lambda self: recording)

        self.operator = Recorded(task_id="task", operation=operation, **parameters)  # type: ignore[arg-type]
        self.ti = SimpleNamespace(dag_id=dag_id, task_id="task", run_id="run", map_index=-1, try_number=1)

    def execute(self) -> Any:
        context = {"ti": self.ti, "word": "rendered"}
        self.operator.render_template_fields(context)
        return inspect.unwrap(type(self.operator).execute)(self.operator, context)


def read_volume(engine: docker.APIClient, volume: str, script: str) -> list[str]:
    """Return the lines that a script prints in a container with the volume at /v."""
    host_config = engine.create_host_config(binds=[f"{volume}:/v"])
    container = engine.create_container("busybox", ["sh", "-c", script], host_config=host_config)
    try:
        engine.start(container)
        engine.wait(container)
        return str(engine.logs(container).decode()).splitlines()
    finally:
        engine.remove_container(container, force=True)
