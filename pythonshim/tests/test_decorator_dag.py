"""TaskFlow with containers: a whole run of a DAG, by ``airflow dags test``, on the real engine."""

from __future__ import annotations

import json
import re
import sys

import docker
import pytest
from support import SHIM, Airflow, TaskProcess, Traces

pytestmark = pytest.mark.engine


def test_a_run_of_all_that_taskflow_has(airflow: Airflow, traces: Traces, engine: docker.APIClient) -> None:
    traces = Traces("airdock-taskflow", traces.folder, engine)
    environment = airflow.environment(traces.folder, SHIM / "tests" / "dags_taskflow")
    command = [sys.executable, "-m", "airflow", "dags", "test", traces.dag_id, "2024-05-06"]
    run = TaskProcess(command, environment, traces.folder / "run.log")
    code, log = run.wait(300), run.log()
    assert code == 0, log
    (results,) = set(re.findall(r"results: (\[.*?\])", log))
    assert json.loads(results) == ["begun", "own", "several", "2024-05-06" * 2, 2 + 4 + 6 + 3 + 30]
    assert "the end of what was begun" in log
    assert traces.all() == {}
