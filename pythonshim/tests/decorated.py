"""What the tests of the decorator share: a decorated task without Airflow's task runner around it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from support import RecordingLog

from airdock.decorators.docker import AirdockDecoratedOperator

IMAGE = "python:3.11-slim"


class FunctionTask:
    """A function's task and what Airflow gives it."""

    def __init__(self, dag_id: str, function: Callable[..., Any], *args: Any, **parameters: Any) -> None:
        parameters = {"image": IMAGE, "auto_remove": "force", "mount_tmp_dir": False} | parameters
        recording = self.log = RecordingLog()

        class Recorded(AirdockDecoratedOperator):  # in both Airflows ``log`` is a property of a base class
            log = property(lambda self: recording)

        self.operator = Recorded(task_id="task", python_callable=function, op_args=args, **parameters)
        self.ti = SimpleNamespace(dag_id=dag_id, task_id="task", run_id="run", map_index=-1, try_number=1)

    def execute(self) -> Any:
        return self.operator.execute({"ti": self.ti})


def fails(task: FunctionTask, kind: type[BaseException]) -> Any:
    """Return what a task raises, which is of just this class."""
    with pytest.raises(kind) as caught:
        task.execute()
    assert type(caught.value) is kind
    return caught.value


def nothing() -> None:
    """The function of a task that is about something else."""
    return None
