"""The shim is thin, and stays so: the work is the plugin's."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

from support import SHIM

#: What the official provider has, which does less.
LIMIT = 1600
NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    tokenize.ENDMARKER,
}


def code_lines(source: str) -> int:
    """Count the lines that are not blank, and neither comment nor docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        holds = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        if holds and ast.get_docstring(node, clean=False) is not None:
            docstring = node.body[0]
            lines.difference_update(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return len(lines)


COUNTED = '''"""A module."""

# why
x = (
    1,  # one
)


def f():
    """
    Do.
    """
    return """
"""
'''


def test_what_counts() -> None:
    assert code_lines(COUNTED) == 6


def test_the_shim_is_thin() -> None:
    package = SHIM / "airdock"
    counts: dict[Path, int] = {
        path.relative_to(package): code_lines(path.read_text(encoding="utf-8"))
        for path in package.rglob("*.py")
        if "_protocol" not in path.parts  # generated
    }
    largest = sorted(counts.items(), key=lambda item: -item[1])[:5]
    assert sum(counts.values()) < LIMIT, f"move work into the plugin; the largest files: {largest}"
