"""
### Mount a folder of the engine's machine

`create-tmpfile` writes a file into `/var/local/docker`. Two tasks mount that folder at `/tmp2` and list
it: one with the `airdock` command from a BashOperator, one with the operator.

A mount's source is a folder of the engine's machine, wherever the engine is: the worker need not have
it. That is why a container writes the file. `Binds`, which is `docker run -v`, makes a folder that is
missing; `mounts` is `docker run --mount`, and fails when it is missing. Files of the worker come to an
engine elsewhere in other ways: see `tutorial-files-and-volumes`.

For which engine that is, see the four Variables of `tutorial-provider-docker-run`. The `airdock` command
has to be in the worker's PATH. The same DAG stands here under two names; the first is the older one.

    airflow tasks test tutorial-provider-docker-run-with-voulme create-tmpfile
    airflow tasks test tutorial-provider-docker-run-with-voulme call-docker-run-with-bash
    airflow tasks test tutorial-provider-docker-run-with-voulme call-docker-run-with-docker
"""

from __future__ import annotations

from datetime import datetime

from airdock.operators.docker import DockerOperator
from airdock.types import Mount
from airflow import DAG

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:  # Airflow 2 without the standard provider
    from airflow.operators.bash import BashOperator

FOLDER = "/var/local/docker"

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


def make_dag(dag_id: str) -> DAG:
    """Return the DAG under one of its names."""
    with DAG(
        dag_id=dag_id,
        schedule=None,
        start_date=datetime(2024, 1, 1),
        catchup=False,
        tags=["airdock", "tutorial"],
        doc_md=__doc__,
    ) as dag:
        create_tmpfile = DockerOperator(
            task_id="create-tmpfile",
            image="bash",
            command=[
                "bash",
                "-c",
                "echo '{{ dag.dag_id }}' > /tmp2/tmpfile && ls -al /tmp2",
            ],
            auto_remove="success",
            mount_tmp_dir=False,
            extra_host_config={"Binds": [f"{FOLDER}:/tmp2"]},
            **ENGINE,
        )
        run_with_bash = BashOperator(
            task_id="call-docker-run-with-bash",
            bash_command=(
                f"airdock {OPTIONS} run --rm --mount type=bind,source={FOLDER},target=/tmp2 bash ls -al /tmp2"
            ),
        )
        run_with_docker = DockerOperator(
            task_id="call-docker-run-with-docker",
            image="bash",
            command="ls -al /tmp2",
            auto_remove="success",
            mount_tmp_dir=False,
            mounts=[Mount(source=FOLDER, target="/tmp2", type="bind")],
            **ENGINE,
        )
        create_tmpfile >> [run_with_bash, run_with_docker]
    return dag


# Airflow finds DAGs among a module's own names.
dag_voulme = make_dag("tutorial-provider-docker-run-with-voulme")
dag_volume = make_dag("tutorial-provider-docker-run-with-volume")
