"""
### Build an image on the engine, then run it

`call-docker-build` builds the folder `docker/bash` beside this file on the engine and names the image
`test-docker`. Two tasks run it: one with the `airdock` command from a BashOperator, one with the
operator. `call-docker-run` runs `ls -al /` in an image that the engine pulls itself.

The folder is one of the worker: it need not exist where the engine is. For which engine that is, see
the four Variables of `tutorial-provider-docker-run`. The `airdock` command has to be in the worker's
PATH.

    airflow tasks test tutorial-provider-docker-build call-docker-build
    airflow tasks test tutorial-provider-docker-build call-docker-run
    airflow tasks test tutorial-provider-docker-build call-docker-run-with-bash
    airflow tasks test tutorial-provider-docker-build call-docker-run-with-docker
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from airdock.operators.docker import DockerBuildOperator, DockerOperator
from airflow import DAG

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:  # Airflow 2 without the standard provider
    from airflow.operators.bash import BashOperator

ENGINE = {
    "docker_url": "{{ var.value.get('DOCKER_HOST', '') }}",
    "tls_ca_cert": "{{ var.value.get('DOCKER_CRET_CA', '') }}",
    "tls_client_cert": "{{ var.value.get('DOCKER_CLIENT_CERT', '') }}",
    "tls_client_key": "{{ var.value.get('DOCKER_CLIENT_KEY', '') }}",
}

# The same for the command: a Variable that is not set leaves it to the worker's environment.
OPTIONS = " ".join(
    f"{{% if var.value.get('{variable}', '') %}}{option} '{{{{ var.value.get('{variable}') }}}}'{{% endif %}}"
    for variable, option in (
        ("DOCKER_HOST", "--host"),
        ("DOCKER_CRET_CA", "--tlsverify --tlscacert"),
        ("DOCKER_CLIENT_CERT", "--tlscert"),
        ("DOCKER_CLIENT_KEY", "--tlskey"),
    )
)

with DAG(
    dag_id="tutorial-provider-docker-build",
    schedule=None,
    start_date=datetime(2024, 1, 1),
    catchup=False,
    tags=["airdock", "tutorial"],
    doc_md=__doc__,
):
    build = DockerBuildOperator(
        task_id="call-docker-build",
        context=Path(__file__).resolve().parent / "docker" / "bash",
        tags=["test-docker"],
        **ENGINE,
    )
    run = DockerOperator(
        task_id="call-docker-run",
        image="bash",
        command="ls -al /",
        auto_remove="success",
        mount_tmp_dir=False,
        **ENGINE,
    )
    run_with_bash = BashOperator(
        task_id="call-docker-run-with-bash",
        bash_command=f"airdock {OPTIONS} run --rm test-docker ls -al /",
    )
    run_with_docker = DockerOperator(
        task_id="call-docker-run-with-docker",
        image="test-docker",
        command="ls -al /",
        auto_remove="success",
        mount_tmp_dir=False,
        **ENGINE,
    )
    build >> [run, run_with_bash, run_with_docker]
