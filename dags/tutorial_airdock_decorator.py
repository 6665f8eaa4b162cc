"""
### Python functions in containers

Each function runs in a container of its image, with the Python that the image has, and nothing of the DAG
file around it: what it needs, it imports. `words` and `count` hand on results as TaskFlow does, `count`
once for each line; `report` returns a dict, of which each key is a result of its own. With
`serializer="json"` the worker reads no pickle that a container made.

    airflow tasks test tutorial-airdock-decorator words
    airflow dags test tutorial-airdock-decorator

The image `python:3.11-slim` needs neither Airflow nor a shell for this. For which engine it is, see the four
Variables of `tutorial-provider-docker-run`.
"""

from __future__ import annotations

from datetime import datetime

from airflow import DAG

try:
    from airflow.sdk import task
except ImportError:  # Airflow 2
    from airflow.decorators import task

IN_PYTHON = {
    "image": "python:3.11-slim",
    "auto_remove": "success",
    "mount_tmp_dir": False,
    "docker_url": "{{ var.value.get('DOCKER_HOST', '') }}",
    "tls_ca_cert": "{{ var.value.get('DOCKER_CRET_CA', '') }}",
    "tls_client_cert": "{{ var.value.get('DOCKER_CLIENT_CERT', '') }}",
    "tls_client_key": "{{ var.value.get('DOCKER_CLIENT_KEY', '') }}",
}

with DAG(
    dag_id="tutorial-airdock-decorator",
    schedule=None,
    start_date=datetime(2024, 1, 1),
    catchup=False,
    tags=["airdock", "tutorial"],
    doc_md=__doc__,
):

    @task.airdock(**IN_PYTHON)
    def words(dag_id: str) -> list[str]:
        """Return the lines of a text."""
        import platform

        print(f"Python {platform.python_version()} for {dag_id}")
        return ["one two", "three", "four five six"]

    @task.airdock(**IN_PYTHON)
    def count(line: str) -> int:
        """Count the words of a line."""
        return len(line.split())

    @task.airdock(serializer="json", **IN_PYTHON)
    def report(counts: list[int]) -> dict[str, int]:
        """Return figures, each as a result of its own."""
        return {"lines": len(counts), "words": sum(counts)}

    @task
    def show(lines: int, words: int) -> None:
        """Print what came of it, on the worker."""
        print(f"{words} words in {lines} lines")

    lines = words("{{ dag.dag_id }}")
    figures = report(count.expand(line=lines))
    show(figures["lines"], figures["words"])
