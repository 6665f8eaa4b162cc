"""From the end of a container to the end of its task."""

from __future__ import annotations

from collections.abc import Container
from datetime import timezone
from logging import Logger
from typing import TYPE_CHECKING

from airdock._protocol.end import ContainerEnd
from airdock.exceptions import ContainerFailedError, ContainerSkippedError, StoppedError

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Exit


def check_exit(exit_: Exit, log: Logger, skip_on_exit_code: int | Container[int] | None = None) -> None:
    """
    Raise what an Exit means for the task, if it does not mean success.

    :param exit_: the end of the run.
    :param log: the task's logger.
    :param skip_on_exit_code: the exit code or codes with which the task is skipped.
    :raises StoppedError: the container was stopped on request.
    :raises ContainerSkippedError: its exit code says so.
    :raises ContainerFailedError: its exit code is not 0.
    """
    if exit_.stopped:
        raise StoppedError(f"The container was stopped on request. {exit_.headline}")
    skip = [skip_on_exit_code] if isinstance(skip_on_exit_code, int) else skip_on_exit_code or ()
    if exit_.exit_code in skip:
        raise ContainerSkippedError(f"{exit_.headline} The task is skipped.", exit_code=exit_.exit_code)
    if exit_.exit_code == 0:
        if exit_.oom_kills:
            log.warning("%s", exit_.report)
        return
    log.error("%s", exit_.report)
    end = {name: getattr(exit_, name) for name in ContainerEnd.__annotations__}
    for name in ("started_at", "finished_at"):
        end[name] = end[name].ToDatetime(timezone.utc) if exit_.HasField(name) else None
    raise ContainerFailedError(exit_.headline, **end, stderr=exit_.stderr_tail.splitlines()[-20:])
