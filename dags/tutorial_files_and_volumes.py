"""
### Files to an engine that is somewhere else, and back

`copy-in-and-out` gives a container files, by value and from the worker, and fetches what it made of
them. The other tasks work on one volume: `create-volume`, `fill-volume` from a folder of the worker,
`work-in-volume` with a container, `fetch-result`, and `remove-volume`, which is the teardown: it runs
whatever became of the tasks before it.

The volume has the scope `dag_run`: another run of this DAG, at the same time too, has another one. For
`airflow tasks test`, which makes a run for each call, all of them count as one run:

    airflow tasks test tutorial-files-and-volumes copy-in-and-out
    airflow tasks test tutorial-files-and-volumes create-volume
    airflow tasks test tutorial-files-and-volumes fill-volume
    airflow tasks test tutorial-files-and-volumes work-in-volume
    airflow tasks test tutorial-files-and-volumes fetch-result
    airflow tasks test tutorial-files-and-volumes remove-volume

What comes back lies in the folder `tutorial-files-and-volumes` of the worker's temporary folder. The
tasks hand files on through it, as they can where there is one worker; with several of them a file stays
in the volume. For which engine that is, see the four Variables of `tutorial-provider-docker-run`.
"""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from airdock.files import InputFile, OutputFile
from airdock.operators.docker import DockerOperator, DockerVolumeOperator
from airdock.types import Mount
from airflow import DAG

ENGINE = {
    "docker_url": "{{ var.value.get('DOCKER_HOST', '') }}",
    "tls_ca_cert": "{{ var.value.get('DOCKER_CRET_CA', '') }}",
    "tls_client_cert": "{{ var.value.get('DOCKER_CLIENT_CERT', '') }}",
    "tls_client_key": "{{ var.value.get('DOCKER_CLIENT_KEY', '') }}",
}

FOLDER = f"{tempfile.gettempdir()}/tutorial-files-and-volumes"

SPLIT = """\
mkdir -p /out/parts
while read -r line; do echo "$line" > "/out/parts/$line.txt"; done < /in/words
wc -c < /in/bytes > /out/size
ls /in/folder
"""

with DAG(
    dag_id="tutorial-files-and-volumes",
    schedule=None,
    start_date=datetime(2024, 1, 1),
    catchup=False,
    tags=["airdock", "tutorial"],
    doc_md=__doc__,
):
    copy = DockerOperator(
        task_id="copy-in-and-out",
        image="bash",
        command="bash /in/split",
        input_files={
            "/in/words": "one\ntwo\n{{ dag.dag_id }}\n",
            "/in/bytes": bytes(range(256)),
            "/in/split": InputFile(SPLIT, mode=0o755),
            "/in/folder": Path(__file__).resolve().parent / "docker" / "bash",
        },
        output_files={
            f"{FOLDER}/parts/": "/out/parts/*.txt",
            f"{FOLDER}/size": OutputFile("/out/size", max_bytes=1000),
            f"{FOLDER}/none": OutputFile("/out/none", optional=True),
        },
        auto_remove="success",
        mount_tmp_dir=False,
        **ENGINE,
    )
    create = DockerVolumeOperator(
        task_id="create-volume",
        operation="create",
        volume="work",
        volume_scope="dag_run",
        labels={"purpose": "tutorial"},
        **ENGINE,
    )
    fill = DockerVolumeOperator(
        task_id="fill-volume",
        operation="put",
        volume="work",
        volume_scope="dag_run",
        source=Path(FOLDER) / "parts",
        path="parts",
        mirror=True,
        **ENGINE,
    )
    work = DockerOperator(
        task_id="work-in-volume",
        image="bash",
        command=[
            "bash",
            "-c",
            "cat /scratch/parts/*.txt > /scratch/all.txt && cat /scratch/all.txt",
        ],
        mounts=[Mount(source="work", target="/scratch")],
        volume_scope="dag_run",
        auto_remove="success",
        mount_tmp_dir=False,
        **ENGINE,
    )
    fetch = DockerVolumeOperator(
        task_id="fetch-result",
        operation="get",
        volume="work",
        volume_scope="dag_run",
        path="all.txt",
        target=f"{FOLDER}/all.txt",
        **ENGINE,
    )
    remove = DockerVolumeOperator(
        task_id="remove-volume",
        operation="remove",  # without a name: all volumes that belong to this run
        volume_scope="dag_run",
        **ENGINE,
    )
    copy >> create >> fill >> work >> fetch >> remove.as_teardown(setups=create)
