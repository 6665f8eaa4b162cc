"""From an operator's parameters to the fields of a RunRequest: pure conversions.

No Docker knowledge beyond the spellings that the official operator accepts.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from airdock.exceptions import InvalidRequestError


class TaskInstance(Protocol):
    """What we read of Airflow's task instance."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    try_number: int


def run_key(ti: TaskInstance) -> str:
    """Return the key of this try, at most 128 characters: readable, then a hash that no other try has."""
    identity = [ti.dag_id, ti.task_id, ti.run_id, ti.map_index, ti.try_number]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:24]
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{ti.dag_id}.{ti.task_id}").lstrip("._-")[:100]
    return f"{readable}.{digest}" if readable else digest


def run_origin(ti: TaskInstance) -> dict[str, str]:
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


def volume_scope_name(volume_scope: str | None) -> str | None:
    """Return what a volume belongs to as the protocol spells it; None: to nobody."""
    return volume_scope and f"VOLUME_SCOPE_{volume_scope.upper()}"


def words(parameter: str, command: str | Sequence[str] | None) -> list[str]:
    """
    Return a command or an entrypoint as its words.

    :param parameter: the operator's parameter, for the error.
    :param command: a list of words; or a string, which is read as a Python list when it begins
        with ``[`` and split as a shell does otherwise.
    :raises InvalidRequestError: the string is neither.
    """
    if command is None:
        return []
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


def environment_list(environment: Mapping[str, Any] | None) -> list[str]:
    """Return ``NAME=VALUE`` for each variable, ``NAME`` alone for None, which unsets what the image sets."""
    return [_variable(name, value) for name, value in (environment or {}).items()]


def _variable(name: str, value: Any) -> str:
    if value is None:
        return str(name)
    return f"{name}={_utf8(f'The environment variable {name}', value)}"


def _utf8(what: str, value: Any) -> str:
    """Return a value as text; the error says what it is and not what is in it."""
    try:
        text = value.decode() if isinstance(value, bytes) else str(value)
        text.encode()
    except UnicodeError:
        raise InvalidRequestError(f"{what} is no UTF-8 text.") from None
    return text


def secret_file_objects(files: Mapping[str, str | bytes]) -> list[dict[str, Any]]:
    """Return files that only the container's user may read, from path in the container to content."""
    return [
        {"path": path, "content": base64.b64encode(_bytes(path, content)).decode(), "mode": 0o400}
        for path, content in files.items()
    ]


def _bytes(path: str, content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else _utf8(f"The secret file {path}", content).encode()


def mount_objects(mounts: Iterable[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """
    Return mounts as the Engine API spells them.

    :param mounts: each a ``docker.types.Mount``, which is a dict of the Engine's own keys already, or a
        dict of its keyword arguments (``target``, ``source``, ``type``, ``read_only`` ...).
    :raises InvalidRequestError: one has a key that is neither.
    """
    return [dict(mount) if "Target" in mount else _mount_object(mount) for mount in mounts or []]


# Keyword argument of docker.types.Mount: where it goes in the Engine's Mount.
_MOUNT_KEYS = {
    "target": ("Target",),
    "source": ("Source",),
    "type": ("Type",),
    "read_only": ("ReadOnly",),
    "consistency": ("Consistency",),
    "propagation": ("BindOptions", "Propagation"),
    "no_copy": ("VolumeOptions", "NoCopy"),
    "labels": ("VolumeOptions", "Labels"),
    "driver_config": ("VolumeOptions", "DriverConfig"),
    "subpath": ("VolumeOptions", "Subpath"),
    "tmpfs_size": ("TmpfsOptions", "SizeBytes"),
    "tmpfs_mode": ("TmpfsOptions", "Mode"),
}


def _mount_object(mount: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"Type": "volume"}
    for name, value in mount.items():
        if name not in _MOUNT_KEYS:
            raise InvalidRequestError(f"mounts: {name!r} is not one of {', '.join(_MOUNT_KEYS)}.")
        if value is None or value is False or value == "":
            continue
        *outer, last = _MOUNT_KEYS[name]
        place = result.setdefault(outer[0], {}) if outer else result
        place[last] = _size(value) if name == "tmpfs_size" else value
    return result


def _size(value: int | float | str) -> int:
    match = re.fullmatch(r"([0-9.]+)\s*([bkmgt]?)b?", str(value).strip().lower())
    if not match:
        raise InvalidRequestError(f"mounts: tmpfs_size {value!r} is no size such as 64m or 67108864.")
    return int(float(match[1]) * 1024 ** "bkmgt".index(match[2] or "b"))
