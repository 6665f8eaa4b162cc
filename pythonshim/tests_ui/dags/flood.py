"""A container that prints lines by the hundred, which are few records of the log."""

from airflow.sdk import DAG

from airdock.operators.docker import DockerOperator

with DAG(dag_id="flood", schedule=None):
    DockerOperator(
        task_id="flood",
        image="bash",
        command=["bash", "-c", "for n in {1..3000}; do echo line $n of the flood; done; sleep 1; echo calm"],
        auto_remove="force",
    )
