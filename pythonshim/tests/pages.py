"""README.md, CONTRIBUTING.md and docs/, read: their blocks, and the code in their sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from support import REPOSITORY

ENGLISH = "docs/tutorial.md"
CHINESE = "docs/zh-TW/tutorial.md"
MARK = re.compile(r"<!-- not run: (.+) -->")


@dataclass
class Block:
    """
    A block of code on a page.

    :param language: what stands behind its fence; ``indented`` where it has none.
    :param text: what it holds.
    :param line: its first line on the page.
    :param reason: why no test runs it; empty: one does.
    """

    language: str
    text: str
    line: int
    reason: str


class Page:
    """
    A page.

    :param path: its file.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path.relative_to(REPOSITORY))
        self.blocks: list[Block] = []
        #: The code in the page's sentences.
        self.code: list[str] = []
        reason = ""
        for token in MarkdownIt().enable("table").parse(path.read_text()):
            if token.type in ("fence", "code_block"):
                language = token.info if token.type == "fence" else "indented"
                self.blocks.append(Block(language, token.content, (token.map or [0])[0] + 1, reason))
            mark = MARK.fullmatch(token.content.strip()) if token.type == "html_block" else None
            reason = mark[1] if mark else ""
            self.code += [child.content for child in token.children or () if child.type == "code_inline"]

    def commands(self) -> str:
        """Return what is run of it, as one script."""
        return "".join(block.text for block in self.blocks if block.language == "sh" and not block.reason)


PAGES = {
    page.name: page
    for page in map(
        Page,
        [
            REPOSITORY / "README.md",
            REPOSITORY / "CONTRIBUTING.md",
            *sorted((REPOSITORY / "docs").rglob("*.md")),
        ],
    )
}
