"""What airdock.client.Client and DockerHook answer with; the fields are named as in the protocol."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

A = TypeVar("A")


def answer(kind: type[A], message: Any) -> A:
    """Return a message of the protocol as an answer, whose fields have the names of the message's."""
    return kind(**{field.name: _plain(getattr(message, field.name)) for field in fields(kind)})  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    if hasattr(value, "ToJsonString"):  # a Timestamp
        return value.ToJsonString() if value.ByteSize() else ""
    if isinstance(value, (str, int, float)):
        return value
    return dict(value) if hasattr(value, "keys") else list(value)


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
    :param output: what it printed to stdout, the last MiB at most.
    :param truncated: whether the beginning of the output is left out.
    :param container_id: its full id; it may be removed.
    """

    exit_code: int
    output: str
    truncated: bool
    container_id: str

    @property
    def lines(self) -> list[str]:
        """The lines of the output, without the white space at their ends."""
        return [line.rstrip() for line in self.output.removesuffix("\n").split("\n")] if self.output else []

    @property
    def last_line(self) -> str | None:
        """The last of the lines; None when there is none."""
        return self.lines[-1] if self.output else None


@dataclass(frozen=True)
class Image:
    """An image that the engine has; ``size`` is in bytes, ``created`` text of ISO 8601."""

    id: str
    tags: list[str]
    digests: list[str]
    labels: dict[str, str]
    created: str
    size: int
    os: str
    architecture: str


@dataclass(frozen=True)
class PushedImage:
    """An image that a registry took; ``size`` is its manifest's, in bytes."""

    image: str
    digest: str
    size: int


@dataclass(frozen=True)
class RemovedImage:
    """Names that are gone, and ids of what is gone with them."""

    untagged: list[str]
    deleted: list[str]


@dataclass(frozen=True)
class EngineDescription:
    """What an engine says of itself."""

    host: str
    name: str
    version: str
    api_version: str
    os: str
    arch: str
    kernel: str
    storage_driver: str
    buildkit: bool
    swarm: str


@dataclass(frozen=True)
class Volume:
    """
    A volume that the engine has.

    :param name: the engine's name for it.
    :param mountpoint: where the engine has it, on its own machine.
    :param created: when it was made, as text of ISO 8601; empty where its driver does not say.
    """

    name: str
    driver: str
    driver_options: dict[str, str]
    labels: dict[str, str]
    mountpoint: str
    created: str


@dataclass(frozen=True)
class RemovedVolumes:
    """Names of the volumes that are gone, and of those that a prune left because containers use them."""

    removed: list[str]
    in_use: list[str]


@dataclass(frozen=True)
class FilledVolume:
    """
    What a put did; files are all entries but folders.

    :param volume: the engine's name for the volume.
    :param deleted: entries that a mirror deleted; a folder with all it holds is one.
    :param bytes_sent: the content of the files that were sent.
    """

    volume: str
    files_sent: int
    files_unchanged: int
    deleted: int
    bytes_sent: int
    seconds: float


@dataclass(frozen=True)
class FetchedFiles:
    """What a get brought; ``found`` is False for an optional path that is not there."""

    volume: str
    files: int
    bytes: int
    seconds: float
    found: bool
