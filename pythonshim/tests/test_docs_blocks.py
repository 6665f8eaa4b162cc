"""What the pages hold: no command that no test runs, no name of what is not there."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from pathlib import Path

import pytest
from pages import CHINESE, ENGLISH, PAGES, Block
from support import REPOSITORY

#: Blocks that no test runs as commands. ``text`` is what a program prints.
OTHERS = ("python", "go", "diff", "text", "yaml", "dockerfile")
#: How a line begins that a reader would type.
TYPED = re.compile(
    r"(\$ )?(sudo |eval |export |cd )?(bin/)?(airdock|airflow|docker|devengine|make|pip|git|go|openssl)\s"
)
#: What alone reaches for the internet: a package index, or a registry, and a container of its image.
REACHES_OUT = re.compile(r"^(pip install|docker (compose|run|exec|rm)) ", re.M)
CI = ".ci/run"
MAKE = re.compile(r"^(?:trap ')?make ([^'\n]*)", re.M)
SOURCE = re.compile(r"[\w./-]+\.(go|md|proto|py|sh|yml)")


def is_run(block: Block, name: str) -> bool:
    """Tell whether the file that a block names has its lines, or reads such blocks from that page."""
    runner = (REPOSITORY / block.runner).read_text()
    if block.runner == CI:
        return all(f"\n{line}\n" in runner for line in block.text.splitlines())
    return f"run by: {block.runner}" in runner and Path(name).name in runner


@pytest.mark.parametrize("name", PAGES)
def test_every_command_is_run_or_needs_the_internet(name: str) -> None:
    for block in PAGES[name].blocks:
        place = f"{name}:{block.line}"
        if block.language == "sh":
            if block.internet:
                assert REACHES_OUT.search(block.text), f"{place} needs no internet, so a test can run it"
            if block.runner:
                assert is_run(block, name), f"{place} is not run by {block.runner}"
            continue
        assert block.language in OTHERS, (
            f"{place} is a block of {block.language or 'no language'!r}: commands are ```sh, what is printed "
            "is ```text"
        )
        assert block.internet == block.runner == "", f"{place} is marked, and is nothing to run"
        if block.language == "text":
            typed = [line for line in block.text.splitlines() if TYPED.match(line)]
            assert not typed, f"{place} has commands, so it is ```sh: {typed}"


def test_both_languages_have_the_same_commands() -> None:
    blocks = [
        [(block.language, block.text, block.internet, block.runner) for block in PAGES[name].blocks]
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


def run_by_ci() -> set[str]:
    """Return the targets of make that .ci/run runs, with those that they need."""
    makefile = (REPOSITORY / "Makefile").read_text()
    needs = {rule[1]: rule[2].split() for rule in re.finditer(r"^([a-z-]+):([^#\n]*)", makefile, re.M)}
    wanted = {word for line in MAKE.findall((REPOSITORY / CI).read_text()) for word in line.split()}
    run: set[str] = set()
    while wanted:
        run |= wanted
        wanted = {need for target in wanted for need in needs.get(target, ())} & needs.keys() - run
    return run & needs.keys()


def test_ci_runs_each_target_of_make_that_a_page_names() -> None:
    run = run_by_ci()
    for name, page in PAGES.items():
        texts = page.code + [block.text for block in page.blocks if block.language == "sh"]
        for line in MAKE.findall("\n".join(texts)):
            targets = [word for word in line.split() if "=" not in word]
            assert [target for target in targets if target not in run] == [], f"{name} names `make {line}`"


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
