"""What airdock.client.Client and DockerHook answer with."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

from airdock._protocol.answers import *  # noqa: F403
from airdock.output import lines_of

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
        return lines_of(self.output)

    @property
    def last_line(self) -> str | None:
        """The last of the lines; None when there is none."""
        return self.lines[-1] if self.output else None
