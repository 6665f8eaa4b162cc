"""For the scenario "supervised": a DAG for each operator, with the command of AIRDOCK_BENCH_COMMAND."""

from __future__ import annotations

import os
from datetime import datetime

from airdock.operators.docker import DockerOperator
from airflow.providers.docker.operators.docker import DockerOperator as Official
from airflow.sdk import DAG

name, _, value = os.environ["AIRDOCK_BENCH_LABEL"].partition("=")
folder = os.environ["DOCKER_CERT_PATH"]

for whose, operator in (("official", Official), ("airdock", DockerOperator)):
    with DAG(whose, schedule=None, start_date=datetime(2024, 1, 1), catchup=False):
        operator(
            task_id="task",
            image="bash",
            command=["sh", "-c", os.environ["AIRDOCK_BENCH_COMMAND"]],
            auto_remove="force",
            mount_tmp_dir=False,
            network_mode="none",
            labels={name: value},
            docker_url=os.environ["DOCKER_HOST"],
            tls_ca_cert=f"{folder}/ca.pem",
            tls_client_cert=f"{folder}/cert.pem",
            tls_client_key=f"{folder}/key.pem",
        )
