"""From the parameters of a build to its BuildRequest. No Docker knowledge beyond their spellings."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airdock.exceptions import InvalidRequestError
from airdock.limits import host_lines, label_map, names, seconds_text, size_text
from airdock.masking import mask

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import BuildResult

_TAR = re.compile(r"\.(tar(\.[a-z0-9]+)?|tgz|tbz2?|txz|tzst)$", re.IGNORECASE)
BUILDERS = {"auto": "BUILDER_AUTO", "buildkit": "BUILDER_BUILDKIT", "classic": "BUILDER_CLASSIC"}


def build_fields(
    *,
    context: str | os.PathLike[str] | None = None,
    dockerfile: str | os.PathLike[str] | None = None,
    dockerfile_inline: str | None = None,
    tags: str | Iterable[str] | None = None,
    build_args: Mapping[str, Any] | None = None,
    target: str | None = None,
    labels: Mapping[str, str] | Iterable[str] | None = None,
    platform: str | None = None,
    no_cache: bool = False,
    pull: bool = False,
    cache_from: str | Iterable[str] | None = None,
    inline_cache: bool = False,
    network_mode: str | None = None,
    extra_hosts: Mapping[str, str] | Iterable[str] | None = None,
    shm_size: int | str | None = None,
    secrets: Mapping[str, str | bytes] | None = None,
    push: bool = False,
    push_inactivity_timeout: float | timedelta | None = None,
    builder: str = "auto",
) -> dict[str, Any]:
    """
    Return what a BuildRequest has beyond engine, key and logins. DockerBuildOperator has the meanings.

    The secrets' values are masked in the task's log from here on.

    :raises InvalidRequestError: parameters contradict each other.
    """
    if builder not in BUILDERS:
        raise InvalidRequestError(f"builder is {builder!r}; expected one of {', '.join(BUILDERS)}.")
    mask((secrets or {}).values())
    fields: dict[str, Any] = {
        **_sources(context, dockerfile, dockerfile_inline),
        "tags": names(tags),
        "build_args": {name: str(value) for name, value in (build_args or {}).items() if value is not None},
        "target": target or "",
        "labels": label_map(labels),
        "platform": platform or "",
        "no_cache": no_cache,
        "pull": pull,
        "cache_from": names(cache_from),
        "inline_cache": inline_cache,
        "network_mode": network_mode or "",
        "extra_hosts": host_lines(extra_hosts),
        "shm_size": size_text(shm_size),
        "secrets": {name: {"value": _base64(value)} for name, value in (secrets or {}).items()},
        "push": push,
        "builder": BUILDERS[builder],
    }
    if push_inactivity_timeout is not None:
        fields["push_inactivity_timeout"] = seconds_text(push_inactivity_timeout)
    return fields


def build_result_dict(result: BuildResult) -> dict[str, Any]:
    """Return what a BuildResult says, as plain data for XCom."""
    return {
        "image_id": result.image_id,
        "digest": result.digest,
        "tags": list(result.tags),
        "steps_cached": result.steps_cached,
        "steps_built": result.steps_built,
        "context_bytes": result.context_bytes,
        "seconds": round(result.seconds, 3),
    }


def _sources(
    context: str | os.PathLike[str] | None,
    dockerfile: str | os.PathLike[str] | None,
    inline: str | None,
) -> dict[str, str]:
    if dockerfile and inline:
        raise InvalidRequestError("dockerfile and dockerfile_inline are given: give one of them.")
    fields = {}
    if context:
        path = os.path.abspath(os.fspath(context))
        # A file of another name is a folder for the plugin, which then says what is wrong with it.
        fields["tar" if _TAR.search(path) and os.path.isfile(path) else "folder"] = path
    elif not dockerfile and not inline:
        raise InvalidRequestError(
            "The build has neither a context nor a Dockerfile: give context, dockerfile or dockerfile_inline."
        )
    if dockerfile:
        fields["dockerfile_path"] = os.fspath(dockerfile)
    if inline:
        fields["dockerfile_inline"] = inline
    return fields


def _base64(value: str | bytes) -> str:
    return base64.b64encode(value if isinstance(value, bytes) else str(value).encode()).decode()
