"""
### Run a container on a Docker Engine that is somewhere else

One task runs `ls -al /` in a container of the image `bash`.

Which engine, and with which certificates, say four Airflow Variables: `DOCKER_HOST`
(for example `tcp://docker:2376`), `DOCKER_CRET_CA`, `DOCKER_CLIENT_CERT` and
`DOCKER_CLIENT_KEY` (paths of PEM files on the worker). A Variable that is not set is
taken from the worker's environment: `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and
`DOCKER_CERT_PATH`, as for the docker command.

    airflow tasks test tutorial-provider-docker-run call-docker-run
"""

from __future__ import annotations

from datetime import datetime

from airdock.operators.docker import DockerOperator
from airflow import DAG

with DAG(
    dag_id="tutorial-provider-docker-run",
    schedule=None,
    start_date=datetime(2024, 1, 1),
    catchup=False,
    tags=["airdock", "tutorial"],
    doc_md=__doc__,
):
    DockerOperator(
        task_id="call-docker-run",
        image="bash",
        command="ls -al /",
        auto_remove="success",
        mount_tmp_dir=False,  # A folder of the worker is no folder of the engine.
        # Templates are rendered when the task runs: reading the file asks no database.
        docker_url="{{ var.value.get('DOCKER_HOST', '') }}",
        tls_ca_cert="{{ var.value.get('DOCKER_CRET_CA', '') }}",
        tls_client_cert="{{ var.value.get('DOCKER_CLIENT_CERT', '') }}",
        tls_client_key="{{ var.value.get('DOCKER_CLIENT_KEY', '') }}",
    )
