"""What Airflow's provider manager asks of a provider."""

from __future__ import annotations

from typing import Any

_PEM_OR_PATH = {"type": ["string", "null"], "format": "multiline"}

#: What the form of a connection has of its own, and what it calls the fields that each connection has.
#: Airflow 2 asks DockerHook for both.
FORM_FIELDS: dict[str, dict[str, Any]] = {
    "tls": {"label": "TLS", "schema": {"type": ["boolean", "null"], "default": True}},
    "ca": {"label": "CA certificate", "schema": _PEM_OR_PATH, "description": "PEM text, or a path"},
    "cert": {"label": "Client certificate", "schema": _PEM_OR_PATH, "description": "PEM text, or a path"},
    "server_name": {"label": "Name in the engine's certificate", "schema": {"type": ["string", "null"]}},
    "timeout": {"label": "API timeout in seconds", "schema": {"type": ["integer", "null"]}},
}
FORM_BEHAVIOUR: dict[str, Any] = {
    "hidden-fields": ["schema", "login"],
    "relabeling": {"host": "Engine", "password": "Client key"},
    "placeholders": {"host": "docker", "port": "2376", "password": "PEM text, or a path"},
}


def get_provider_info() -> dict[str, Any]:
    """Return the provider's description; Airflow finds it by the entry point apache_airflow_provider."""
    from airdock import __version__

    name = "Airdock"
    return {
        "package-name": "airflow-provider-airdock",
        "name": name,
        "description": "Run containers, build images and keep volumes on a Docker Engine somewhere else.",
        "versions": [__version__],
        "operators": [{"integration-name": name, "python-modules": ["airdock.operators.docker"]}],
        "hooks": [{"integration-name": name, "python-modules": ["airdock.hooks.docker"]}],
        "task-decorators": [{"name": "airdock", "class-name": "airdock.decorators.docker.airdock_task"}],
        "connection-types": [
            {
                "connection-type": "airdock",
                "hook-class-name": "airdock.hooks.docker.DockerHook",
                "hook-name": "Docker Engine (Airdock)",
                "conn-fields": FORM_FIELDS,
                "ui-field-behaviour": FORM_BEHAVIOUR,
            }
        ],
    }
