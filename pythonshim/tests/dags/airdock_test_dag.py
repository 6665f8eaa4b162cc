"""One DAG with one task, both described by the environment variable AIRDOCK_TEST_TASK."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta

from airflow import DAG

from airdock.operators.docker import DockerBuildOperator, DockerOperator

described = json.loads(os.environ["AIRDOCK_TEST_TASK"])
parameters = {"image": "bash", "auto_remove": "force", "mount_tmp_dir": False} | described["parameters"]
build = parameters.pop("build", None)
if "execution_timeout" in parameters:
    parameters["execution_timeout"] = timedelta(seconds=parameters["execution_timeout"])

with DAG(dag_id=described["dag_id"], schedule=None, start_date=datetime(2024, 1, 1), catchup=False):
    if build is None:
        DockerOperator(task_id="task", **parameters)
    else:
        DockerBuildOperator(task_id="task", execution_timeout=parameters.get("execution_timeout"), **build)
