"""What Airflow's provider manager asks of a provider."""

from __future__ import annotations

from typing import Any

from airdock import __version__


def get_provider_info() -> dict[str, Any]:
    """Return the provider's description; Airflow finds it by the entry point apache_airflow_provider."""
    return {
        "package-name": "airflow-provider-airdock",
        "name": "Airdock",
        "description": "Run containers on a Docker Engine that is somewhere else.",
        "versions": [__version__],
    }
