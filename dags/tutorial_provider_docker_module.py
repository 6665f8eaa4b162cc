"""
### Build and run from Python

One TaskFlow task opens the engine with `DockerHook`, builds the folder `docker/bash` beside this file
and runs the image: what one would write with a docker client, without one.

For which engine that is, see the four Variables of `tutorial-provider-docker-run`.

    airflow tasks test tutorial-provider-docker-module call-docker-client
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from airflow import DAG

try:
    from airflow.sdk import task
except ImportError:  # Airflow 2
    from airflow.decorators import task

FOLDER = Path(__file__).resolve().parent / "docker" / "bash"


@task(task_id="call-docker-client")
def call_docker_client(engine: dict[str, str]) -> dict[str, Any]:
    """Build an image and run it; return its id and what it printed last."""
    from airdock.hooks.docker import DockerHook

    with DockerHook(**engine) as docker:
        image = docker.build(FOLDER, tags=["test-docker"])
        printed = docker.run(image.image_id).last_line
    return {"image_id": image.image_id, "printed": printed}


with DAG(
    dag_id="tutorial-provider-docker-module",
    schedule=None,
    start_date=datetime(2024, 1, 1),
    catchup=False,
    tags=["airdock", "tutorial"],
    doc_md=__doc__,
):
    call_docker_client(
        {
            "docker_url": "{{ var.value.get('DOCKER_HOST', '') }}",
            "tls_ca_cert": "{{ var.value.get('DOCKER_CRET_CA', '') }}",
            "tls_client_cert": "{{ var.value.get('DOCKER_CLIENT_CERT', '') }}",
            "tls_client_key": "{{ var.value.get('DOCKER_CLIENT_KEY', '') }}",
        }
    )
