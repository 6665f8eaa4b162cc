"""What is to be read of a call on its way into the task's log, and what is kept of a container's output."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from logging import Logger
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import Log, Output

#: How much of the end of the output a result is made of, in characters.
OUTPUT_LIMIT = 1 << 20
#: More lines than this at once, which is within 50 ms or 64 KiB, are a flood: records of so many lines.
FLOOD_LINES = 100
_STDERR = 2


class Tail:
    """
    Keeps the end of the output in bounded memory.

    :param limit: in characters; None: all of it.
    """

    def __init__(self, limit: int | None = OUTPUT_LIMIT) -> None:
        self._limit = limit
        self._pieces: deque[str] = deque()
        self._size = 0
        self.truncated = False

    def add(self, text: str) -> None:
        """Take the next piece of the output."""
        self._pieces.append(text)
        self._size += len(text)
        if self._limit is None or self._size <= self._limit:
            return
        self.truncated = True
        while self._size - len(self._pieces[0]) >= self._limit:
            self._size -= len(self._pieces.popleft())
        self._pieces[0] = self._pieces[0][self._size - self._limit :]
        self._size = self._limit

    def value(self) -> str:
        """Return what is kept, from the beginning of a line on unless a single one fills it."""
        kept = "".join(self._pieces)
        return (self.truncated and kept.partition("\n")[2]) or kept

    def whole(self) -> bool:
        """Return whether the last line is kept from its beginning on."""
        return not self.truncated or "\n" in "".join(self._pieces)[:-1]

    def lines(self) -> list[str]:
        """Return the lines of what is kept. See lines_of."""
        return lines_of(self.value())


class OutputLog:
    """
    Writes output into a log as it comes: a record a line, stderr with a mark, and a flood in larger records.

    :param log: the task's logger.
    :param keep: keeps the output for the result.
    :param merge: keep stderr, too.
    :param on_line: is given ``stdout`` or ``stderr`` and each line.
    :param flood_lines: when more lines than this come at once they are records of so many; 0: never.
    """

    def __init__(
        self,
        log: Logger,
        keep: Tail | None = None,
        *,
        merge: bool = False,
        on_line: Callable[[str, str], object] | None = None,
        flood_lines: int = FLOOD_LINES,
    ) -> None:
        self._methods = (log.info, log.warning, log.error)
        self._keep = keep
        self._merge = merge
        self._on_line = on_line
        self._flood_lines = flood_lines

    def write(self, output: Output) -> None:
        """Take a piece of output: lines, of which the last may go on in the next piece."""
        error = output.stream == _STDERR
        if self._keep is not None and (self._merge or not error):
            self._keep.add(output.text)
        self._write(0, output.text.removesuffix("\n"), "[stderr] " if error else "")
        if self._on_line is not None:
            for line in _split(output.text):
                self._on_line("stderr" if error else "stdout", line)

    def log(self, log: Log) -> None:
        """Take what the plugin wrote for the log."""
        self._write(log.level, log.text, "")

    def _write(self, level: int, text: str, mark: str) -> None:
        # Only \n ends a line: str.splitlines would also cut at form feeds and U+2028.
        lines = [mark + line for line in text.split("\n")]
        size = len(lines) if level else self._flood_lines
        if level or 0 < size < len(lines):
            lines = ["\n".join(lines[first : first + size]) for first in range(0, len(lines), size)]
        for line in lines:
            self._methods[level]("%s", line)


def lines_of(output: str) -> list[str]:
    """Return the lines of an output, without the white space at their ends."""
    return [line.rstrip() for line in _split(output)] if output else []


def _split(output: str) -> list[str]:
    return output.removesuffix("\n").split("\n")
