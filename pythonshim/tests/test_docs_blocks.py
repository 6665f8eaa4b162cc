"""What the pages hold: no command that is neither run nor marked, no name of what is not there."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from pathlib import Path

import pytest
from pages import CHINESE, ENGLISH, PAGES
from support import REPOSITORY

#: Blocks that no test runs as commands. ``text`` is what a program prints.
OTHERS = ("python", "go", "diff", "text", "yaml", "dockerfile")
#: How a line begins that a reader would type.
TYPED = re.compile(
    r"(\$ )?(sudo |eval |export |cd )?(bin/)?(airdock|airflow|docker|devengine|make|pip|git|go|openssl)\s"
)
SOURCE = re.compile(r"[\w./-]+\.(go|md|proto|py|sh|yml)")


@pytest.mark.parametrize("name", PAGES)
def test_every_command_is_run_or_marked(name: str) -> None:
    for block in PAGES[name].blocks:
        place = f"{name}:{block.line}"
        if block.language == "sh":
            continue
        assert block.language in OTHERS, (
            f"{place} is a block of {block.language or 'no language'!r}: commands are ```sh, what is printed "
            "is ```text"
        )
        assert not block.reason, f"{place} is marked as not run, and is nothing to run"
        if block.language == "text":
            typed = [line for line in block.text.splitlines() if TYPED.match(line)]
            assert not typed, f"{place} has commands, so it is ```sh: {typed}"


def test_both_languages_have_the_same_commands() -> None:
    blocks = [
        [(block.language, block.text, block.reason) for block in PAGES[name].blocks]
        for name in (ENGLISH, CHINESE)
    ]
    assert blocks[0] == blocks[1]
    assert PAGES[ENGLISH].commands().count("airflow tasks test") >= 15


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if "python" in str(page.blocks)])
def test_python_is_python_and_finds_what_it_imports(name: str) -> None:
    for block in PAGES[name].blocks:
        if block.language != "python":
            continue
        for node in ast.walk(ast.parse(block.text, f"{name}:{block.line}")):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("airdock."):
                module = importlib.import_module(node.module or "")
                assert [one.name for one in node.names if not hasattr(module, one.name)] == []


def test_files_of_the_repository_are_there() -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listed, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    files = ["/" + path for path in done.stdout.splitlines() if (REPOSITORY / path).exists()]
    for name, page in PAGES.items():
        for code in filter(SOURCE.fullmatch, page.code):
            assert any(path.endswith("/" + code) for path in files), (
                f"{name} names {code}, which is not there"
            )


def test_targets_of_make_are_there() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    for name, page in PAGES.items():
        for code in page.code:
            if target := re.match(r"make ([a-z-]+)", code):
                assert f"\n{target[1]}: " in makefile, f"{name} names `{code}`"


def test_flags_of_airdock_are_there(plugin_binary: str) -> None:
    airdock = Path(plugin_binary).with_name("airdock")
    for name, page in PAGES.items():
        for code in page.code:
            words = code.removeprefix("bin/").split()
            if words[:1] != ["airdock"] or words[1:2] in ([], ["COMMAND"]):
                continue
            command = words[1 : 3 if words[1] in ("engine", "image", "volume") else 2]
            done = subprocess.run(
                [airdock, *command, "--help"], capture_output=True, text=True, check=False, timeout=20
            )
            assert f"airdock {' '.join(command)}" in done.stdout, f"{name} names `{code}`: {done.stderr}"
            for flag in re.findall(r"(?<=\s)--[a-z-]+", code):
                assert flag in done.stdout, f"{name} names `{code}`"


def test_the_example_of_a_host_is_the_one_that_runs() -> None:
    # e2e/hosting_test.go runs it.
    example = (REPOSITORY / "examples" / "host" / "host.py").read_text()
    assert example in [block.text for block in PAGES["docs/hosting.md"].blocks]
    assert len(example.splitlines()) <= 60
