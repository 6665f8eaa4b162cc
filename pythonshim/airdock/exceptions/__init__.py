"""What a task can fail with.

:class:`AirdockError` and its subclasses mean that we, the engine or the request
failed; there is one class for each ErrorKind of the protocol. A container that
ran and ended badly is :class:`ContainerFailedError`, which is none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from airdock._compat import AirflowException, AirflowSkipException
from airdock.exceptions.base import AirdockError as AirdockError
from airdock.exceptions.base import AirdockFatalError as AirdockFatalError
from airdock.exceptions.base import error_class as error_class
from airdock.exceptions.engine import *  # noqa: F403
from airdock.exceptions.work import *  # noqa: F403


class ContainerFailedError(AirflowException):
    """
    The container ran and its exit code is not 0.

    :param message: one or two sentences for the log.
    :param exit_code: the container's exit code.
    :param signal: the signal that ended the program, such as ``SIGKILL``; empty when none did.
    :param explanation: what the code means; may be empty.
    :param engine_error: the engine's own word on it; mostly empty.
    :param container_id: the container's full id.
    :param oom_kills: how often the kernel killed a process of it for its memory limit.
    :param started_at: when it started, in UTC.
    :param finished_at: when it ended, in UTC.
    :param peak_memory: its highest memory use in bytes, as far as the engine reported; 0: unknown.
    :param memory_limit: its memory limit in bytes; 0: none.
    :param cpu_seconds: its CPU time, as far as the engine reported; 0: unknown.
    :param stderr: the last lines that it wrote to stderr, at most 20 lines and 4 KiB.
    """

    def __init__(
        self,
        message: str,
        *,
        exit_code: int = 0,
        signal: str = "",
        explanation: str = "",
        engine_error: str = "",
        container_id: str = "",
        oom_kills: int = 0,
        started_at: datetime | None = None,
        finished_at: datetime | None = None,
        peak_memory: int = 0,
        memory_limit: int = 0,
        cpu_seconds: float = 0.0,
        stderr: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.signal = signal
        self.explanation = explanation
        self.engine_error = engine_error
        self.container_id = container_id
        self.oom_kills = oom_kills
        self.started_at = started_at
        self.finished_at = finished_at
        self.peak_memory = peak_memory
        self.memory_limit = memory_limit
        self.cpu_seconds = cpu_seconds
        self.stderr = list(stderr)


class FunctionFailedError(ContainerFailedError):
    """
    The function of ``@task.airdock`` raised what could not come back to the worker.

    :param remote_type: the exception's class, by name.
    :param remote_message: its text.
    :param remote_traceback: its traceback, as Python prints it.
    :param end: as ContainerFailedError has it.
    """

    def __init__(self, remote_type: str, remote_message: str, remote_traceback: str, **end: Any) -> None:
        super().__init__(f"{remote_type}: {remote_message}", **end)
        self.remote_type = remote_type
        self.remote_message = remote_message
        self.remote_traceback = remote_traceback


class RemoteTraceback(Exception):
    """
    The cause of what a function in a container raised: its traceback, as text.

    :param text: as Python prints it.
    """

    def __init__(self, text: str) -> None:
        super().__init__(f"in the container:\n{text}")


class ContainerSkippedError(AirflowSkipException):
    """
    The container ended with one of the codes of ``skip_on_exit_code``.

    :param message: one sentence for the log.
    :param exit_code: the container's exit code.
    """

    def __init__(self, message: str, *, exit_code: int = 0) -> None:
        super().__init__(message)
        self.exit_code = exit_code
