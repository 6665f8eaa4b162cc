"""What DockerHook answers with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BuiltImage:
    """What a build gave. The fields are those of DockerBuildOperator's result."""

    image_id: str
    digest: str
    tags: list[str]
    steps_cached: int
    steps_built: int
    context_bytes: int
    seconds: float


@dataclass(frozen=True)
class RunResult:
    """
    How a container ended.

    :param exit_code: its exit code.
    :param last_line: the last line that it printed to stdout; None when there is none.
    :param lines: all of them, where they were asked for.
    :param container_id: its full id; it may be removed.
    """

    exit_code: int
    last_line: str | None
    lines: list[str]
    container_id: str


@dataclass(frozen=True)
class Image:
    """An image that the engine has; ``size`` is in bytes."""

    image_id: str
    tags: list[str]
    digests: list[str]
    size: int
    os: str
    architecture: str


@dataclass(frozen=True)
class PushedImage:
    """An image that a registry took."""

    image: str
    digest: str


@dataclass(frozen=True)
class EngineDescription:
    """What an engine says of itself."""

    host: str
    name: str
    version: str
    api_version: str
    os: str
    architecture: str
    storage_driver: str
    buildkit: bool
