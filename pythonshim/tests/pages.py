"""The READMEs, CONTRIBUTING.md and docs/, read: their blocks, and the code in their sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from support import REPOSITORY, SHIM

ENGLISH = "docs/tutorial.md"
CHINESE = "docs/zh-TW/tutorial.md"
#: What stands before a block that the session of its page does not run.
INTERNET = re.compile(r"<!-- needs the internet: (.+) -->")
RUNNER = re.compile(r"<!-- run by: (\S+) -->")


@dataclass
class Block:
    """
    A block of code on a page.

    :param language: what stands behind its fence; ``indented`` where it has none.
    :param text: what it holds.
    :param line: its first line on the page.
    :param internet: what of it needs the internet; empty: nothing.
    :param runner: the file that runs it, where that is not test_docs.py.
    """

    language: str
    text: str
    line: int
    internet: str
    runner: str


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
        before = ""
        for token in MarkdownIt().enable("table").parse(path.read_text()):
            if token.type in ("fence", "code_block"):
                language = token.info if token.type == "fence" else "indented"
                internet, runner = INTERNET.fullmatch(before), RUNNER.fullmatch(before)
                block = Block(
                    language,
                    token.content,
                    (token.map or [0])[0] + 1,
                    internet[1] if internet else "",
                    runner[1] if runner else "",
                )
                self.blocks.append(block)
            before = token.content.strip() if token.type == "html_block" else ""
            self.code += [child.content for child in token.children or () if child.type == "code_inline"]

    def commands(self) -> str:
        """Return what its session runs, as one script."""
        own = [block for block in self.blocks if not (block.internet or block.runner)]
        return "".join(block.text for block in own if block.language == "sh")


PAGES = {
    page.name: page
    for page in map(
        Page,
        [
            REPOSITORY / "README.md",
            REPOSITORY / "CONTRIBUTING.md",
            SHIM / "README.md",
            *sorted((REPOSITORY / "docs").rglob("*.md")),
        ],
    )
}
