"""From the parameters of a build to its BuildRequest. No Docker knowledge beyond their spellings."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from airdock.exceptions import InvalidRequestError
from airdock.limits import host_lines, label_map, names, seconds_text, size_text
from airdock.masking import mask

_TAR = re.compile(r"\.(tar(\.[a-z0-9]+)?|tgz|tbz2?|txz|tzst)$", re.IGNORECASE)
BUILDERS = {"auto": "BUILDER_AUTO", "buildkit": "BUILDER_BUILDKIT", "classic": "BUILDER_CLASSIC"}


def build_fields(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what a BuildRequest has beyond engine, key and logins.

    The secrets' values are masked in the task's log from here on.

    :param parameters: those of DockerBuildOperator, by name; or further fields of the request.
    :raises InvalidRequestError: parameters contradict each other.
    """
    given = {name: value for name, value in parameters.items() if value is not None}
    builder = given.pop("builder", "auto")
    if builder not in BUILDERS:
        raise InvalidRequestError(f"builder is {builder!r}; expected one of {', '.join(BUILDERS)}.")
    mask(given.get("secrets", {}).values())
    sources = {name: given.pop(name, None) for name in ("context", "dockerfile", "dockerfile_inline")}
    converted = {
        name: _SPELLINGS[name](value) if name in _SPELLINGS else value for name, value in given.items()
    }
    return {**converted, **_sources(**sources), "builder": BUILDERS[builder]}


def _sources(
    context: str | os.PathLike[str] | None,
    dockerfile: str | os.PathLike[str] | None,
    dockerfile_inline: str | None,
) -> dict[str, str]:
    if dockerfile and dockerfile_inline:
        raise InvalidRequestError("dockerfile and dockerfile_inline are given: give one of them.")
    fields = {}
    if context:
        path = os.path.abspath(os.fspath(context))
        # A file of another name is a folder for the plugin, which then says what is wrong with it.
        fields["tar" if _TAR.search(path) and os.path.isfile(path) else "folder"] = path
    elif not dockerfile and not dockerfile_inline:
        raise InvalidRequestError(
            "The build has neither a context nor a Dockerfile: give context, dockerfile or dockerfile_inline."
        )
    if dockerfile:
        fields["dockerfile_path"] = os.fspath(dockerfile)
    if dockerfile_inline:
        fields["dockerfile_inline"] = dockerfile_inline
    return fields


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if value is not None}


def _secrets(values: Mapping[str, str | bytes]) -> dict[str, Any]:
    return {name: {"value": _base64(value)} for name, value in values.items()}


def _base64(value: str | bytes) -> str:
    return base64.b64encode(value if isinstance(value, bytes) else str(value).encode()).decode()


#: How the request spells what a parameter of the same name holds.
_SPELLINGS: dict[str, Callable[[Any], Any]] = {
    "tags": names,
    "build_args": _texts,
    "labels": label_map,
    "cache_from": names,
    "extra_hosts": host_lines,
    "shm_size": size_text,
    "secrets": _secrets,
    "push_inactivity_timeout": seconds_text,
}
