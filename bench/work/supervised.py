"""Runs a task as a worker of Airflow 3 does, without its scheduler and its API server.

supervised.py DAG LOG
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from airflow.cli.commands.task_command import _get_ti
from airflow.sdk.api.datamodels._generated import BundleInfo, TaskInstance
from airflow.sdk.execution_time.supervisor import InProcessTestSupervisor, supervise_task
from airflow.utils.cli import get_bagged_dag, get_db_dag
from airflow.utils.state import TaskInstanceState
from loop import serve, timed


def supervised(dag_id: str, log: Path) -> dict[str, Any]:
    """Run the DAG's task; the API that its supervisor talks to is Airflow's own, in this process."""
    get_bagged_dag(None, dag_id)
    ti, _ = _get_ti(get_db_dag(None, dag_id).get_task("task"), -1, create_if_necessary="db")
    ti.set_state(TaskInstanceState.QUEUED)
    named = ("id", "task_id", "dag_id", "run_id", "try_number", "map_index", "dag_version_id")
    instance = TaskInstance(**{name: getattr(ti, name) for name in named})
    log.unlink(missing_ok=True)
    codes = []
    cost = timed(
        lambda: codes.append(
            supervise_task(
                ti=instance,
                bundle_info=BundleInfo(name="dags-folder"),
                dag_rel_path="bench_supervised.py",
                token="",
                client=InProcessTestSupervisor._api_client(),
                log_path=str(log),
            )
        )
    )
    if codes != [0]:
        raise SystemExit(f"the task ended with {codes}: {log.read_text(errors='replace')[-300:]}")
    written = log.read_bytes()
    return cost | {"lines": written.count(b"%099d" % 7), "records": written.count(b"\n")}


def main() -> None:
    serve(lambda: supervised(sys.argv[1], Path(sys.argv[2])))


if __name__ == "__main__":
    main()
