"""Runs one task as a worker of Airflow 3 does: a supervisor, and the task in a process forked from it.

The API that the supervisor talks to is Airflow's own, in this process.
"""

from __future__ import annotations

import json
import os
import sys

from airflow.cli.commands.task_command import _get_ti
from airflow.sdk.api.datamodels._generated import BundleInfo, TaskInstance
from airflow.sdk.execution_time.supervisor import InProcessTestSupervisor, supervise_task
from airflow.utils.cli import get_bagged_dag, get_db_dag
from airflow.utils.state import TaskInstanceState

dag_id = json.loads(os.environ["AIRDOCK_TEST_TASK"])["dag_id"]
get_bagged_dag(None, dag_id)
ti, _ = _get_ti(get_db_dag(None, dag_id).get_task("task"), -1, create_if_necessary="db")
ti.set_state(TaskInstanceState.QUEUED)
code = supervise_task(
    ti=TaskInstance(
        id=ti.id,
        task_id=ti.task_id,
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        try_number=ti.try_number,
        map_index=ti.map_index,
        dag_version_id=ti.dag_version_id,
    ),
    bundle_info=BundleInfo(name="dags-folder"),
    dag_rel_path="airdock_test_dag.py",
    token="",
    client=InProcessTestSupervisor._api_client(),
    subprocess_logs_to_stdout=True,
)
print("the supervisor returned", code, flush=True)
sys.exit(code)
