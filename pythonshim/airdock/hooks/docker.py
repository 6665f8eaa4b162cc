"""An engine in Python: for a TaskFlow task that builds, pulls and runs by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from airdock.client import Client
from airdock.connection import registry_logins
from airdock.provider import connection_form
from airdock.request import run_origin

try:
    from airflow.sdk import BaseHook
except ImportError:  # Airflow 2
    from airflow.hooks.base import BaseHook

H = TypeVar("H", bound="DockerHook")


class DockerHook(BaseHook, Client):
    """
    An engine, for use in ``with``; what it can do is all of ``airdock.client.Client``.

    Nothing is templated here. What a call logs, the task logs.

    :param airdock_conn_id: connection of Airflow's type ``airdock``. Default: the parameters below, or
        else the worker's ``DOCKER_*`` variables.
    :param docker_conn_id: connection of Airflow's type ``docker`` with a registry's login, or several.
    :param engine: what is to be otherwise than in the connection: ``docker_url``, ``tls_ca_cert`` ..., the
        parameters of ``airdock.engine.EngineSpec``.
    """

    conn_name_attr = "airdock_conn_id"
    default_conn_name = "airdock_default"
    conn_type = "airdock"
    hook_name = "Docker Engine (Airdock)"

    def __init__(
        self,
        airdock_conn_id: str | None = None,
        *,
        docker_conn_id: str | Iterable[str] | None = None,
        **engine: Any,
    ) -> None:
        BaseHook.__init__(self)
        Client.__init__(self, airdock_conn_id=airdock_conn_id, **engine)
        self.docker_conn_id = docker_conn_id

    def __enter__(self: H) -> H:
        self.registry_auth = registry_logins(self.docker_conn_id)
        return super().__enter__()

    def test_connection(self) -> tuple[bool, str]:
        """Return whether the engine answers, and its version or what is wrong: for the connection's form."""
        try:
            with self:
                info = self.info()
        except Exception as error:
            return False, str(error)
        return True, f"Docker Engine {info.version} (API {info.api_version}) answers at {info.host}."

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return what the form has of its own. For Airflow 2; 3 has it from the provider's description."""
        from flask_appbuilder.fieldwidgets import BS3TextAreaFieldWidget, BS3TextFieldWidget
        from wtforms import BooleanField, IntegerField, StringField
        from wtforms.validators import Optional

        labels = {name: field["label"] for name, field in connection_form()["fields"].items()}
        return {
            "tls": BooleanField(labels["tls"], default=True),
            "ca": StringField(labels["ca"], widget=BS3TextAreaFieldWidget()),
            "cert": StringField(labels["cert"], widget=BS3TextAreaFieldWidget()),
            "server_name": StringField(labels["server_name"], widget=BS3TextFieldWidget()),
            "timeout": IntegerField(labels["timeout"], [Optional()], widget=BS3TextFieldWidget()),
        }

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return what the form calls the fields that each connection has. For Airflow 2, likewise."""
        return {name.replace("-", "_"): value for name, value in connection_form()["behaviour"].items()}

    def _origin(self) -> dict[str, str]:
        try:
            from airflow.sdk import get_current_context
        except ImportError:  # Airflow 2
            from airflow.operators.python import get_current_context

        try:
            return run_origin(get_current_context()["ti"])
        except Exception:  # each Airflow has another one for: there is no task
            return {}
