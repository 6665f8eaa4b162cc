"""From what Python has to the protocol's JSON form. What a parameter means is for the plugin to say."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from airdock.exceptions import InvalidRequestError
from airdock.masking import mask

# Python's own spelling of their values is meant.
_TEXTS = {"environment", "private_environment", "build_args", "labels"}
_REFERENCE = re.compile(r"\$\{([^}:]*)")


def run_key(ti: Any) -> str:
    """
    Return the key of this try, at most 128 characters: readable, then a hash that no other try has.

    :param ti: Airflow's task instance.
    """
    identity = [ti.dag_id, ti.task_id, ti.run_id, ti.map_index, ti.try_number]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:24]
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{ti.dag_id}.{ti.task_id}").lstrip("._-")[:100]
    return f"{readable}.{digest}" if readable else digest


def run_origin(ti: Any) -> dict[str, str]:
    """
    Return where the run comes from; each entry becomes a label ``dev.airdock.NAME``.

    Airflow makes a run of the DAG for each call of ``airflow tasks test``. They count as one, so that a
    task finds the volume of the run that the one before it has filled.
    """
    return {
        "dag-id": ti.dag_id,
        "task-id": ti.task_id,
        "run-id": re.sub("^(__airflow_temporary_run)_.*", r"\1", ti.run_id),
        "map-index": str(ti.map_index),
        "try-number": str(ti.try_number),
    }


def request_parameters(given: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """
    Return a request's ``parameters``.

    :param given: an operator's parameters by name; None leaves one out.
    :param environ: the environment of the worker. Of it the plugin learns what an ``env_file`` refers to.
    :raises InvalidRequestError: a command cannot be split, or a value is no text where only text can be.
    """
    made: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name in ("command", "entrypoint"):
            made[name] = words(name, value)
        elif isinstance(value, Mapping) and name in _TEXTS:
            made[name] = {
                str(key): None if item is None else text(f"{name}: {key}", item)
                for key, item in value.items()
            }
        elif isinstance(value, Mapping) and name == "networks":  # JSON's objects have no order, networks do.
            made[name] = [{"name": key, **_plain(name, options or {})} for key, options in value.items()]
        else:
            made[name] = _plain(name, value)
    if variables := _REFERENCE.findall(made.get("env_file", "")):
        made["env_file_variables"] = {name: environ[name] for name in variables if name in environ}
    return made


def build_fields(parameters: Mapping[str, Any], secrets: Mapping[str, str | bytes]) -> dict[str, Any]:
    """
    Return what a BuildRequest has beyond engine, key and logins. The secrets are masked from here on.

    :param parameters: those of DockerBuildOperator, by name.
    :param secrets: id to value.
    """
    mask(secrets.values())
    context = parameters.get("context")
    given = {**parameters, "context": os.path.abspath(context) if context else None}
    values = {name: {"value": binary(f"The secret {name}", value)} for name, value in secrets.items()}
    return {"parameters": request_parameters(given, {}), "secrets": values}


def words(parameter: str, command: str | Sequence[str]) -> list[str]:
    """
    Return a command or an entrypoint as its words.

    :param parameter: the operator's parameter, for the error.
    :param command: a list of words; or a string, which is read as a Python list when it begins
        with ``[`` and split as a shell does otherwise.
    :raises InvalidRequestError: the string is neither.
    """
    if isinstance(command, str):
        try:
            if not command.strip().startswith("["):
                return shlex.split(command)
            command = ast.literal_eval(command.strip())
        except (SyntaxError, ValueError) as error:
            raise InvalidRequestError(f"{parameter}: cannot read {command!r}: {error}.") from error
    if not isinstance(command, (list, tuple)) or not all(isinstance(word, str) for word in command):
        raise InvalidRequestError(f"{parameter}: expected a string or a list of strings, got {command!r}.")
    return list(command)


def text(what: str, value: Any) -> str:
    """
    Return a value as text.

    :param what: names it in the error, which shows nothing of the value.
    :raises InvalidRequestError: it is no UTF-8.
    """
    try:
        shown = value.decode() if isinstance(value, bytes) else str(value)
        shown.encode()
    except UnicodeError:
        raise InvalidRequestError(f"{what} is no UTF-8 text.") from None
    return shown


def binary(what: str, value: str | bytes) -> str:
    """Return bytes, or a text's, as the JSON form has them. See text."""
    return base64.b64encode(value if isinstance(value, bytes) else text(what, value).encode()).decode()


def scope_name(volume_scope: str | None) -> str | None:
    """Return what a volume belongs to as the protocol spells it; None: to nobody."""
    return volume_scope and f"VOLUME_SCOPE_{volume_scope.upper()}"


def _plain(name: str, value: Any) -> Any:
    """Return a value as JSON has it; what JSON does not have is its text."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): _plain(name, item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [_plain(name, item) for item in value]
    return text(name, value)
