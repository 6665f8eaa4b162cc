"""The plugin's standard error: hclog records become log records, anything else is an error."""

from __future__ import annotations

import json
import threading
from collections import deque
from logging import Logger
from typing import IO, Any

_LINE_LIMIT = 64 * 1024
_METHODS = {"trace": "debug", "debug": "debug", "info": "info", "warn": "warning", "error": "error"}
_RESERVED = ("@level", "@message", "@module", "@timestamp", "@caller")


class StderrLog:
    """
    Reads a plugin's standard error on a thread of its own until its end.

    :param pipe: the reading end.
    :param log: where records go, each at its level.
    """

    def __init__(self, pipe: IO[bytes], log: Logger) -> None:
        self._pipe = pipe
        self._log = log
        self._tail: deque[str] = deque(maxlen=20)
        self._thread = threading.Thread(target=self._read, name="airdock-stderr", daemon=True)
        self._thread.start()

    def close(self, timeout: float) -> None:
        """
        Wait for the end of the stream and close the pipe.

        :param timeout: seconds to wait; a process that we do not know may still hold the other end,
            and then the pipe is left to it.
        """
        self._thread.join(timeout)
        if not self._thread.is_alive():
            self._pipe.close()

    def tail(self) -> str:
        """Return the last errors and the last lines that were no records; empty when there were none."""
        return "\n".join(self._tail)

    def _read(self) -> None:
        while line := self._pipe.readline(_LINE_LIMIT):
            text = line.decode("utf-8", "replace").rstrip()
            if not text:
                continue
            level, message = parse_record(text)
            if level == "error":
                self._tail.append(message[:1000])
            getattr(self._log, level)("%s", message)


def parse_record(line: str) -> tuple[str, str]:
    """
    Return a line of the plugin's standard error as the logger's method and the text.

    :param line: an hclog record as JSON, or anything: a Go panic has no records.
    """
    try:
        record: Any = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict) or "@message" not in record:
        return "error", line
    pairs = "".join(f" {name}={value}" for name, value in record.items() if name not in _RESERVED)
    return _METHODS.get(str(record.get("@level")), "info"), f"{record['@message']}{pairs}"
