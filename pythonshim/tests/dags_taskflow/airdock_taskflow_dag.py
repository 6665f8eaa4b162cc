"""A DAG with all that TaskFlow has, its functions in containers; ``check`` prints what came of them."""

from __future__ import annotations

import json
from datetime import datetime

from airflow import DAG

try:
    from airflow.sdk import setup, task, teardown
except ImportError:
    from airflow.decorators import setup, task, teardown

with DAG(
    dag_id="airdock-taskflow",
    schedule=None,
    start_date=datetime(2024, 1, 1),
    catchup=False,
    default_args={"image": "python:3.11-slim", "auto_remove": "force", "mount_tmp_dir": False},
):

    @setup
    @task.airdock
    def begin():
        return "begun"

    @teardown
    @task.airdock()
    def end(begun):
        print(f"the end of what was {begun}")

    @task.airdock(environment={"KIND": "own"}, serializer="json")
    def several(day: str, *, name: str) -> dict[str, str]:
        import os

        return {"day": day, "name": name, "kind": os.environ["KIND"]}

    @task.airdock
    def double(x: int, factor: int = 2) -> int:
        return x * factor

    @task.airdock
    def total(numbers, nested) -> int:
        return sum(numbers) + sum(nested["numbers"])

    @task
    def check(begun, kind, name, other, total):
        print("results:", json.dumps([begun, kind, name, other, total]))

    begun, parts = begin(), several("{{ ds }}", name="{{ task.task_id }}")
    doubles = double.expand(x=[1, 2, 3])
    pairs = double.override(task_id="triple").partial(factor=3).expand_kwargs([{"x": 1}, {"x": 10}])
    other = double.override(task_id="other", environment={"A": "b"})(parts["day"])
    checked = check(
        kind=parts["kind"],
        name=parts["name"],
        total=total(doubles, {"numbers": pairs}),
        other=other,
        begun=begun,
    )
    begun >> [parts["kind"].operator, doubles.operator] >> checked >> end(begun)
