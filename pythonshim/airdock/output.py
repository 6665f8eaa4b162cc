"""A run's output on its way into the task's log, and what is kept of it for the result."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Protocol

from airdock._compat import Logger

STDOUT = "stdout"
STDERR = "stderr"

#: A last line longer than this many characters is not kept as a result.
RESULT_LINE_LIMIT = 1 << 20


class Keeper(Protocol):
    """Keeps something of the lines that it is given."""

    def add(self, text: str, ended: bool) -> None:
        """Take a piece of a line; ``ended`` when the line ends with it."""


class LastLine:
    """
    Keeps the last line, in bounded memory.

    :param limit: a longer line counts as lost: a cut one would be a wrong result.
    """

    def __init__(self, limit: int = RESULT_LINE_LIMIT) -> None:
        self._limit = limit
        self._line: str | None = None
        self._open = False
        self.lost = False

    def add(self, text: str, ended: bool) -> None:
        """Take a piece of a line."""
        if not self._open:
            self._line, self.lost = "", False
        self._open = not ended
        if self.lost:
            return
        self._line = (self._line or "") + text
        if len(self._line) > self._limit:
            self._line, self.lost = None, True

    def value(self) -> str | None:
        """Return the line without the white space at its end, or None when there is none or it is lost."""
        return None if self._line is None else self._line.rstrip()


class AllLines:
    """Keeps every line; its memory grows with the output."""

    def __init__(self) -> None:
        self._lines: list[list[str]] = []
        self._open = False
        self.lost = False

    def add(self, text: str, ended: bool) -> None:
        """Take a piece of a line."""
        if not self._open:
            self._lines.append([])
        self._open = not ended
        self._lines[-1].append(text)

    def value(self) -> list[str] | None:
        """Return the lines without the white space at their ends, or None when there is none."""
        return ["".join(line).rstrip() for line in self._lines] or None


class Tail:
    """
    Keeps the end of the output in bounded memory; what does not fit goes from its beginning.

    :param limit: in characters.
    """

    def __init__(self, limit: int) -> None:
        self._room = limit
        self._pieces: deque[str] = deque()
        self.truncated = False

    def add(self, text: str, ended: bool) -> None:
        """Take a piece of a line."""
        self._pieces.append(f"{text}\n" if ended else text)
        self._room -= len(self._pieces[-1])
        while self._room < 0 and len(self._pieces) > 1:
            self._room += len(self._pieces.popleft())
            self.truncated = True

    def value(self) -> str:
        """Return what is kept."""
        return "".join(self._pieces)


class OutputLog:
    """
    Writes output into a log as it comes and hands it to what wants to keep some of it.

    :param log: the task's logger.
    :param keepers: for each stream, what keeps something of it. One that merges two streams stands
        under both.
    """

    def __init__(self, log: Logger, keepers: dict[str, list[Keeper]]) -> None:
        self._log = log
        self._keepers = keepers

    def write(self, stream: str, text: str) -> None:
        """
        Log a piece of output, line by line, stderr with a mark.

        :param stream: STDOUT or STDERR.
        :param text: whole lines; without a newline at its end it goes on in the next piece.
        """
        log_format = "[stderr] %s" if stream == STDERR else "%s"
        keepers = self._keepers.get(stream, [])
        for piece, ended in _pieces(text):
            self._log.info(log_format, piece)
            for keeper in keepers:
                keeper.add(piece, ended)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    # Only \n ends a line: str.splitlines would also cut at form feeds and U+2028.
    *lines, rest = text.split("\n")
    for line in lines:
        yield line, True
    if rest:
        yield rest, False
