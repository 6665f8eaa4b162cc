"""Read the text of a ``.env`` file, as python-dotenv 1.2 does for the official operator.

python-dotenv itself is not in every Airflow environment, and the shim adds no dependency.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

_BLANK = re.compile(r"[^\S\r\n]*")
_SPACE = re.compile(r"\s*")
_EXPORT = re.compile(r"(?:export[^\S\r\n]+)?")
_QUOTED_KEY = re.compile(r"'([^']+)'")
_KEY = re.compile(r"[^=#\s]+")
_EQUALS = re.compile(r"=[^\S\r\n]*")
_SINGLE = re.compile(r"'((?:\\.|[^'\\])*)'", re.DOTALL)
_DOUBLE = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_PLAIN = re.compile(r"[^\r\n]*")
_COMMENT = re.compile(r"(?<!\s)\s+#.*")
_END = re.compile(r"[^\S\r\n]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|\Z)")
_REST_OF_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)?")
_SINGLE_ESCAPE = re.compile(r"\\[\\']")
_DOUBLE_ESCAPE = re.compile(r"\\[\\'\"abfnrtv]")
_REFERENCE = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")


def read_env_file(text: str, environ: Mapping[str, str]) -> dict[str, str | None]:
    """
    Return the variables in the order of the file; None for a name without a value.

    ``${NAME}`` and ``${NAME:-default}`` stand for what the file said before, or else for the worker's
    environment. A line that cannot be read is left out.

    :param text: the file's text.
    :param environ: the environment of the worker.
    """
    variables: dict[str, str | None] = {}
    reader = _Reader(text.removeprefix("\ufeff"))
    while not reader.at_end():
        try:
            key, value = _binding(reader)
        except _UnreadableError:
            reader.take(_REST_OF_LINE)
            continue
        if key is not None:
            variables[key] = _expand(value, variables, environ)
    return variables


class _UnreadableError(Exception):
    pass


class _Reader:
    """Takes a text apart from its beginning to its end, and never goes back."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def at_end(self) -> bool:
        return self._position == len(self._text)

    def next_is(self, character: str) -> bool:
        return self._text.startswith(character, self._position)

    def take(self, pattern: re.Pattern[str]) -> str:
        """Return what comes next, or the pattern's group in it."""
        found = pattern.match(self._text, self._position)
        if found is None:
            raise _UnreadableError
        self._position = found.end()
        return found[found.lastindex or 0]


def _binding(reader: _Reader) -> tuple[str | None, str | None]:
    """Return a name and its value, the name None for a comment or the text's end."""
    reader.take(_SPACE)
    if reader.at_end():
        return None, None
    reader.take(_EXPORT)
    key = None
    if not reader.next_is("#"):
        key = reader.take(_QUOTED_KEY if reader.next_is("'") else _KEY)
    reader.take(_BLANK)
    value = _value(reader) if reader.next_is("=") else None
    reader.take(_END)
    return key, value


def _value(reader: _Reader) -> str:
    equals = reader.take(_EQUALS)
    if len(equals) > 1 and reader.next_is("#"):
        return ""
    if reader.next_is("'"):
        return _unescape(_SINGLE_ESCAPE, reader.take(_SINGLE))
    if reader.next_is('"'):
        return _unescape(_DOUBLE_ESCAPE, reader.take(_DOUBLE))
    return _COMMENT.sub("", reader.take(_PLAIN)).rstrip()


def _unescape(escape: re.Pattern[str], text: str) -> str:
    return escape.sub(lambda found: codecs.decode(found[0], "unicode-escape"), text)


def _expand(value: str | None, variables: Mapping[str, str | None], environ: Mapping[str, str]) -> str | None:
    if value is None:
        return None

    def resolve(reference: re.Match[str]) -> str:
        name, default = reference["name"], reference["default"] or ""
        known = variables[name] if name in variables else environ.get(name, default)
        return known if known is not None else ""

    return _REFERENCE.sub(resolve, value)
