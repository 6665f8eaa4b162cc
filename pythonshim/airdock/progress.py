"""The progress of pulls, pushes and transfers of files as a few log lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from airdock._compat import Logger

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import PullProgress, PushProgress, TransferProgress

#: At most one line in this many seconds, besides the first and the last.
INTERVAL = 10.0


class PullLog:
    """
    Writes pull progress into a log: the first event, then one line in :data:`INTERVAL`, then the end.

    :param log: the task's logger.
    :param clock: a monotonic clock, in seconds.
    """

    words = ("Pulling", "Pulled")

    def __init__(self, log: Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._due: float | None = None

    def write(self, progress: PullProgress | PushProgress) -> None:
        """Log an event when it is its turn; the last one closes the fold."""
        if self._due is None:
            self._log.info("::group::%s image %s", self.words[0], progress.image)
            self._due = self._clock()
        if progress.done:
            self._log.info("%s", _status(progress) or f"{self.words[1]} {progress.image}")
            self.close()
        elif self._clock() >= self._due:
            self._due = self._clock() + INTERVAL
            self._log.info("%s", _sentence(progress))

    def close(self) -> None:
        """Close the fold, if one is open: also after a pull that failed."""
        if self._due is not None:
            self._due = None
            self._log.info("::endgroup::")


class PushLog(PullLog):
    """The same for the progress of a push."""

    words = ("Pushing", "Pushed")


class TransferLog:
    """
    Writes the progress of a transfer into a log: a line in each :data:`INTERVAL` that it takes.

    :param log: the task's logger.
    :param clock: a monotonic clock, in seconds.
    """

    def __init__(self, log: Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._due: float | None = None

    def write(self, progress: TransferProgress) -> None:
        """Log an event when it is its turn."""
        now = self._clock()
        if progress.done or self._due is None:
            self._due = None if progress.done else now + INTERVAL
        elif now >= self._due:
            self._due = now + INTERVAL
            files, size = f"{progress.files}", size_words(progress.bytes)
            if progress.bytes_total:
                files = f"{progress.files} of {progress.files_total}"
                size += f" of {size_words(progress.bytes_total)}"
            verb = "Fetching" if progress.fetch else "Copying"
            self._log.info("%s %s: %s files, %s", verb, progress.path, files, size)


def amount(files: int, size: int) -> str:
    """Return how much was transferred: ``12 files (3.4 MB)``."""
    return f"{files} file{'' if files == 1 else 's'} ({size_words(size)})"


def size_words(size: int) -> str:
    """Return a size in bytes as one reads it."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size} bytes"


def _status(progress: PullProgress | PushProgress) -> str:
    return getattr(progress, "status", "")  # of a push there is none


def _sentence(progress: PullProgress | PushProgress) -> str:
    if not progress.layers:
        return _status(progress) or "Asking the registry"
    sentence = f"{progress.layers_done} of {progress.layers} layers"
    if progress.bytes_total:
        sentence += f", {size_words(progress.bytes)} of {size_words(progress.bytes_total)}"
    return sentence
