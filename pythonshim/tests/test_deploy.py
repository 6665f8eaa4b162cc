"""What deploy/ promises, read from its files; `make test-dind` runs one of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from support import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
CLIENT = "docker-certs-client:/certs/client"
ENGINE = {"DOCKER_HOST": "tcp://docker:2376", "DOCKER_CERT_PATH": "/certs/client", "DOCKER_TLS_VERIFY": "1"}
#: A name as Docker Hub's images have it: what stands before a slash is no host.
SHORT = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)?(:[\w.-]+)?")


@pytest.fixture(params=["compose.yaml", "compose.celery.yaml"])
def compose(request: pytest.FixtureRequest) -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / request.param).read_text())


@pytest.fixture
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return compose["services"]


@pytest.fixture
def celery() -> dict[str, dict[str, Any]]:
    return yaml.safe_load((DEPLOY / "compose.celery.yaml").read_text())["services"]


def clients(services: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the services that reach the engine."""
    found = [service for service in services.values() if "DOCKER_HOST" in service.get("environment", {})]
    assert found
    return found


def test_no_socket_of_an_engine_is_shared() -> None:
    for path in DEPLOY.iterdir():
        assert "docker.sock" not in path.read_text(), path


def test_images_have_short_names(services: dict[str, dict[str, Any]]) -> None:
    assert [service["image"] for service in services.values() if not SHORT.fullmatch(service["image"])] == []


def test_the_engine_makes_certificates_and_keeps_its_data(services: dict[str, dict[str, Any]]) -> None:
    engine = services["docker"]
    assert engine["environment"] == {"DOCKER_TLS_CERTDIR": "/certs"}
    assert engine["volumes"] == ["docker-certs-ca:/certs/ca", CLIENT, "docker-data:/var/lib/docker"]
    assert engine["networks"] == {"airflow-dev-network": {"aliases": ["docker"]}}
    assert "ports" not in engine


def test_the_health_of_the_engine_is_its_answer_to_a_client(services: dict[str, dict[str, Any]]) -> None:
    words = services["docker"]["healthcheck"]["test"]
    assert words[-1] == "version"
    assert {f"--host={ENGINE['DOCKER_HOST']}", "--tlsverify"} < set(words)
    files = {word.partition("=")[2] for word in words if word.startswith("--tls") and "=" in word}
    assert files == {f"/certs/client/{name}.pem" for name in ("ca", "cert", "key")}


def test_clients_wait_for_the_engine_and_only_read_their_certificates(
    services: dict[str, dict[str, Any]],
) -> None:
    for service in clients(services):
        assert service["environment"].items() >= ENGINE.items()
        assert service["depends_on"]["docker"] == {"condition": "service_healthy"}
        assert f"{CLIENT}:ro" in service["volumes"]
        assert "airflow-dev-network" in service["networks"]


def test_nobody_else_has_certificates(services: dict[str, dict[str, Any]]) -> None:
    reach = clients(services)
    for name, service in services.items():
        if name != "docker" and service not in reach:
            assert "certs" not in str(service.get("volumes"))
        assert name == "docker" or "docker-certs-ca" not in str(service.get("volumes"))


def test_every_service_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} <= {"init"}


def test_volumes_and_networks_are_declared(compose: dict[str, Any]) -> None:
    used = {
        volume.partition(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
    }
    assert {name for name in used if not name.startswith(".")} == set(compose["volumes"])
    assert compose["networks"]["airflow-dev-network"] == {"name": "airflow-dev-network", "driver": "bridge"}


def test_two_celery_workers_reach_the_engine_and_nobody_else_does(
    celery: dict[str, dict[str, Any]],
) -> None:
    assert clients(celery) == [celery["worker"]]
    assert celery["worker"]["deploy"]["replicas"] == 2
    private = {name for name, service in celery.items() if "airflow-dev-network" in service["networks"]}
    assert private == {"docker", "worker"}


def test_components_share_what_signs_and_encrypts(celery: dict[str, dict[str, Any]]) -> None:
    shared = {
        "AIRFLOW__CORE__FERNET_KEY": "AIRFLOW_FERNET_KEY",
        "AIRFLOW__API_AUTH__JWT_SECRET": "AIRFLOW_JWT_SECRET",
        "AIRFLOW__API__SECRET_KEY": "AIRFLOW_SECRET_KEY",
    }
    for name in ("init", "api-server", "scheduler", "dag-processor", "worker"):
        for setting, variable in shared.items():
            assert celery[name]["environment"][setting].startswith(f"${{{variable}:?")


def test_the_example_has_no_secret() -> None:
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    assert {line.partition("=")[2] for line in lines if not line.startswith("#")} == {""}


def test_the_image_has_the_airflow_that_is_tested() -> None:
    base = re.search(r"^FROM apache/airflow:(.+)$", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert base
    assert f"apache-airflow=={base[1]}\n" in (REPOSITORY / "requirements" / "airflow-3.3.txt").read_text()
