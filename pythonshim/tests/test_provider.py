"""What Airflow knows of the provider, asked by its own commands and by its ProvidersManager."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import airflow as airflow_package
import jsonschema
import pytest
from airflow.providers_manager import ProvidersManager
from support import SHIM, Airflow

from airdock.provider import connection_form, get_provider_info


def providers(airflow: Airflow, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "providers", *arguments, "-o", "json"],
        env=airflow.environment(airflow.home, SHIM / "tests" / "none"),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout[done.stdout.index("[") :])


@pytest.fixture(scope="module")
def manager() -> Any:
    return ProvidersManager()


def test_list(airflow: Airflow) -> None:
    (ours,) = (row for row in providers(airflow, "list") if row["package_name"] == "airflow-provider-airdock")
    assert ours["description"].rstrip(".") == get_provider_info()["description"].rstrip(".")


def test_get(airflow: Airflow) -> None:
    told = json.dumps(providers(airflow, "get", "airflow-provider-airdock", "--full"))
    for name in ("airdock.operators.docker", "airdock.hooks.docker", "airdock.hooks.docker.DockerHook"):
        assert name in told


def test_hooks(airflow: Airflow) -> None:
    (ours,) = (row for row in providers(airflow, "hooks") if row["connection_type"] == "airdock")
    assert ours["class"] == "airdock.hooks.docker.DockerHook"
    assert ours["conn_id_attribute_name"] == "airdock_conn_id"


def test_widgets_and_behaviours(airflow: Airflow) -> None:
    fields = {row["connection_parameter_name"] for row in providers(airflow, "widgets")}
    assert {f"extra__airdock__{name}" for name in connection_form()["fields"]} <= fields
    assert "airdock" in {row["field_behaviours"] for row in providers(airflow, "behaviours")}


def test_the_description_fits_airflows_schema() -> None:
    schema = json.loads((Path(airflow_package.__file__).parent / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_each_module_is_there() -> None:
    info = get_provider_info()
    for entry in (*info["operators"], *info["hooks"]):
        for module in entry["python-modules"]:
            __import__(module)


def test_the_decorator() -> None:
    try:
        from airflow.sdk import task
    except ImportError:  # Airflow 2
        from airflow.decorators import task

    from airdock.decorators.docker import airdock_task

    assert task.airdock is airdock_task


def test_the_form(manager: Any) -> None:
    ours = {name: widget for name, widget in manager.connection_form_widgets.items() if "airdock" in name}
    assert set(ours) == {f"extra__airdock__{name}" for name in connection_form()["fields"]}
    behaviour = manager.field_behaviours["airdock"]
    assert set(behaviour["hidden_fields"]) == {"schema", "login"}
    assert behaviour["relabeling"] == {"host": "Engine", "password": "Client key"}
    assert behaviour["placeholders"]["host"] == "docker"


def test_the_hook_can_be_tested(manager: Any) -> None:
    hook = manager.hooks["airdock"]
    assert hook.connection_testable
    assert hook.hook_name == "Docker Engine (Airdock)"
