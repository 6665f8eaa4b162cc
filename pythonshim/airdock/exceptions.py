"""What a task can fail with.

``AirdockError`` and its subclasses mean that we, the engine or the request
failed; there is one class for each ErrorKind of the protocol. A container that
ran and ended badly is ``ContainerFailedError``, which is none of them.
"""

from __future__ import annotations

from typing import Any

from airdock._compat import AirflowException, AirflowSkipException
from airdock._errors import AirdockError as AirdockError
from airdock._errors import AirdockFatalError as AirdockFatalError
from airdock._errors import error_class as error_class
from airdock._protocol.end import ContainerEnd
from airdock._protocol.errors import *  # noqa: F403


class PluginNotFoundError(AirdockFatalError):
    """The plugin binary is not where it is looked for, or may not be executed."""


class PluginStartError(AirdockError):
    """The plugin process did not start or did not introduce itself."""


class PluginVersionError(AirdockFatalError):
    """The plugin speaks another version of the protocol than this package, or is not the one of its wheel."""


class PluginDiedError(AirdockError):
    """The plugin process, or the way to it, broke in the middle of a call."""


class CallGivenUpError(StoppedError):  # noqa: F405
    """The run was given up on request before the plugin said how it ended."""


class ContainerFailedError(ContainerEnd, AirflowException):
    """
    The container ran and its exit code is not 0. It has the attributes of ContainerEnd.

    :ivar stderr: the last lines that it wrote to stderr, at most 20 lines and 4 KiB.
    :param message: one or two sentences for the log.
    :param end: its attributes, those that are known.
    :raises TypeError: there is no such attribute.
    """

    stderr: list[str]

    def __init__(self, message: str, **end: Any) -> None:
        super().__init__(message)
        self.stderr = []
        for name, value in end.items():
            if not hasattr(self, name):
                raise TypeError(f"{type(self).__name__} has no attribute {name}.")
            setattr(self, name, value)


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

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is pickled with its message alone.
        return type(self), (self.remote_type, self.remote_message, self.remote_traceback), vars(self)


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
