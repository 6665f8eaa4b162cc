"""What builds take, and what they send."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from contenders import Go, Missing, Sample, Worker
from figures import Metric, Target
from scenario import HERE, Scenario, Setting

#: Builds FOLDER as TAG on the engine at HOST.
Build = Callable[[str, str, str], Sample]


def context(setting: Setting) -> Path:
    """Write 2,000 files and 200 MB that no engine has seen."""
    folder = Path(tempfile.mkdtemp(prefix="context-", dir=setting.folder))
    for number in range(setting.number(2000)):
        part = folder / f"d{number % 20}"
        part.mkdir(exist_ok=True)
        (part / f"f{number}").write_bytes(secrets.token_bytes(100_000))
    (folder / "small").write_bytes(secrets.token_bytes(1000))
    (folder / "Dockerfile").write_text(f"FROM bash\nCOPY . /context\nRUN true\nLABEL {setting.label}\n")
    return folder


def builders(setting: Setting) -> dict[str, Build]:
    script = str(HERE / "work" / "docker_py.py")

    def buildx(folder: str, tag: str, host: str) -> Sample:
        words = ("docker", "buildx", "build", "-q", "--load", "-t", tag, folder)
        if subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode:
            raise Missing("the docker CLI has no buildx")
        return setting.command(*words, DOCKER_HOST=host)()

    def classic(folder: str, tag: str, host: str) -> Sample:
        words = ("docker", "build", "-q", "-t", tag, folder)
        return setting.command(*words, DOCKER_HOST=host, DOCKER_BUILDKIT="0")()

    def docker_py(folder: str, tag: str, host: str) -> Sample:
        words = (sys.executable, "-W", "ignore", script, "build", folder, tag)
        return setting.fresh(*words, DOCKER_HOST=host)()

    def airdock(folder: str, tag: str, host: str) -> Sample:
        return setting.command("airdock", "build", "-q", "-t", tag, folder, DOCKER_HOST=host)()

    return {"buildx": buildx, "docker CLI, classic": classic, "docker-py": docker_py, "airdock": airdock}


def three_times(setting: Setting, relay: Worker, name: str, build: Build) -> Sample:
    """Build what is new, what has one file of 1 KB changed, and what is as it was."""
    tag = f"airdock-bench-{''.join(letter for letter in name if letter.isalnum()).lower()}"
    sample: Sample = {"peak": 0.0}
    host = str(relay()["host"])
    folder = context(setting)
    try:
        for step in ("first", "changed", "unchanged"):
            if step == "changed":
                (folder / "small").write_bytes(secrets.token_bytes(1000))
            found = build(str(folder), tag, host)
            sample |= {
                step: found["seconds"],
                f"cpu_{step}": found["cpu"],
                f"sent_{step}": relay()["sent"] / 1e6,
                "peak": max(sample["peak"], found["peak"]),
            }
    finally:
        shutil.rmtree(folder)
    return sample


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    relay = setting.worker(stack, "floor", "relay")
    return {
        name: lambda name=name, build=build: three_times(setting, relay, name, build)  # type: ignore[misc]
        for name, build in builders(setting).items()
    }


SCENARIO = Scenario(
    name="build",
    title="Builds of 2,000 files and 200 MB",
    what="`COPY` of all of it and a `RUN`: a context that the engine has never seen, the same with one file "
    "of 1 KB changed, and the same unchanged. All go through a relay that counts what they send. docker-py "
    "has no BuildKit and sends the whole context each time, as the classic builder of the CLI does.",
    base="buildx",
    metrics=(
        Metric("first", "first, s"),
        Metric("changed", "changed, s"),
        Metric("unchanged", "unchanged, s"),
        Metric("sent_changed", "MB sent, changed", 2, ratio=False),
        Metric("cpu_first", "CPU s, first", 2, ratio=False),
        Metric("cpu_changed", "CPU s, changed", 2, ratio=False),
        Metric("peak", "memory MB", 0, ratio=False),
    ),
    contenders=contenders,
    targets=(
        *(Target("airdock", key, 1.05, beside="buildx") for key in ("first", "changed", "unchanged")),
        *(Target("airdock", key, 1, beside="buildx") for key in ("sent_changed", "cpu_first", "peak")),
    ),
    rounds=2,
    seconds=90,
)
