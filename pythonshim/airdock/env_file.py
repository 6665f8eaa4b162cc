"""Read the text of a ``.env`` file, as python-dotenv does for the official operator.

python-dotenv itself is not in every Airflow environment, and the shim adds no dependency.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

_BINDING = re.compile(
    r"""
    \s*
    (?:export[^\S\r\n]+)?
    (?: '(?P<quoted_key>[^']+)' | (?P<key>[^=\#\s]+) )
    [^\S\r\n]*
    (?:
        =[^\S\r\n]*
        (?: '(?P<single>(?:\\'|[^'])*)' | "(?P<double>(?:\\"|[^"])*)" | (?P<plain>(?!['\"])[^\r\n]*) )
    )?
    [^\S\r\n]*(?:\#[^\r\n]*)?
    (?:\r\n|\n|\r|\Z)
    """,
    re.VERBOSE,
)
_REST_OF_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)?")
_EMPTY = re.compile(r"\s*(?:\#[^\r\n]*(?:\r\n|\n|\r|\Z))?")
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
    position = 0
    while True:
        while (empty := _EMPTY.match(text, position)) and empty.end() > position:
            position = empty.end()
        if position >= len(text):
            return variables
        binding = _BINDING.match(text, position)
        if binding is None:
            rest = _REST_OF_LINE.match(text, position)
            position = rest.end() if rest else len(text)
            continue
        position = binding.end()
        variables[binding["quoted_key"] or binding["key"]] = _expand(_value(binding), variables, environ)


def _value(binding: re.Match[str]) -> str | None:
    if binding["single"] is not None:
        return _unescape(_SINGLE_ESCAPE, binding["single"])
    if binding["double"] is not None:
        return _unescape(_DOUBLE_ESCAPE, binding["double"])
    if binding["plain"] is not None:
        return re.sub(r"\s+#.*", "", binding["plain"]).rstrip()
    return None


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
