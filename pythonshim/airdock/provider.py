"""What Airflow's provider manager asks of a provider; ``provider.json`` has what does not change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Return the provider's description; Airflow finds it by the entry point apache_airflow_provider."""
    from airdock import __version__

    return {**_description(), "versions": [__version__]}


def connection_form() -> dict[str, Any]:
    """Return what the form of a connection has of its own, and what it calls the fields that each has."""
    (airdock,) = _description()["connection-types"]
    return {"fields": airdock["conn-fields"], "behaviour": airdock["ui-field-behaviour"]}


def _description() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8")))
