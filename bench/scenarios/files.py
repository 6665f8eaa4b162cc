"""What files take into a volume and back."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from contenders import Failed, Go, Missing, Sample
from figures import Metric, Target
from scenario import Scenario, Setting

#: Trees of so many files of 10 KB, and how many rounds the one file of 1 GB is carried in.
COUNTS = (100, 1000, 10_000)
LARGE_ROUNDS = 2
#: A disk is no ruler for small files. A file system without a journal passes over each inode that was freed
#: in the last minutes before it finds one for a new file, so that whoever comes second pays several times
#: what the first did; others give freed blocks back to the device, or write what the turn before has left.
#: So the trees and the volumes are in memory, where a file costs everybody the same.
MEMORY = Path("/dev/shm")
#: What is there at a time, in MB: the trees, a volume, what comes back, and the tar that docker-py needs.
NEEDED = 4600
WEIGH = "find /v -type f | wc -l; find /v -type f -exec cat {} + | wc -c"


def plant(folder: Path, setting: Setting) -> dict[str, Path]:
    """Write one file of 1 GB, and trees of 100, 1,000 and 10,000 files of 10 KB."""
    trees = {name: folder / name for name in ("large", *map(str, COUNTS))}
    for tree in trees.values():
        tree.mkdir()
    with open(trees["large"] / "large", "wb") as file:
        for _ in range(setting.number(1024)):
            file.write(secrets.token_bytes(1 << 20))
    for count in COUNTS:
        for number in range(setting.number(count)):
            part = trees[str(count)] / f"folder{number % 100}"
            part.mkdir(exist_ok=True)
            (part / f"file{number}").write_bytes(secrets.token_bytes(10 << 10))
    return trees


def weight(tree: Path) -> tuple[int, int]:
    """Return how many files a tree has, and how many bytes are in them."""
    sizes = [path.stat().st_size for path in tree.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


class Carrier:
    """A contender with what it needs: each transfer has a volume and a container of its own."""

    def __init__(self, name: str, setting: Setting, api: Any, folder: Path, trees: dict[str, Path]) -> None:
        self._name, self._setting, self._api = name, setting, api
        self._folder, self._trees = folder, trees
        self._turns = 0

    def __call__(self) -> Sample:
        self._turns += 1
        if self._turns == 1:  # The helper's image, bytecode, the pages of all the programs.
            self._there_and_back("100", True)
            return {}
        many = self._there_and_back("10000", True)
        sample = {key: many[key] for key in ("put", "again", "get", "cpu", "peak")}
        for count in (1000, 100):
            few = self._there_and_back(str(count), True)
            sample |= {f"put_{count}": few["put"], f"get_{count}": few["get"]}
        if self._turns <= 1 + LARGE_ROUNDS:
            large = self._there_and_back("large", False)
            sample |= {"large_put": large["put"], "large_get": large["get"]}
            sample["peak"] = max(sample["peak"], large["peak"])
        return sample

    def _there_and_back(self, tree: str, again: bool) -> Sample:
        local, back = self._trees[tree], self._folder / "back"
        with self._volume() as (volume, container):
            back.mkdir()
            try:
                put = self._carry("put", container, volume, local)
                self._check(self._weigh(container), local)
                sample = {"put": put["seconds"]}
                if again:
                    sample["again"] = self._carry("put", container, volume, local)["seconds"]
                get = self._carry("get", container, volume, back)
                self._check(weight(back), local)
            finally:
                shutil.rmtree(back)
        return sample | {
            "get": get["seconds"],
            "cpu": put["cpu"] + get["cpu"],
            "peak": max(put["peak"], get["peak"]),
        }

    @contextmanager
    def _volume(self) -> Iterator[tuple[str, str]]:
        """Make a volume in memory, which lasts as long as a container runs that has it."""
        volume, labels = f"airdock-bench-{uuid.uuid4().hex[:12]}", self._setting.labels
        options = {"type": "tmpfs", "device": "tmpfs", "o": f"size={NEEDED}m"}
        self._api.create_volume(volume, driver_opts=options, labels=labels)
        config = self._api.create_host_config(binds=[f"{volume}:/v"], network_mode="none")
        command = ["sleep", "3600"]
        container = self._api.create_container("bash", command, host_config=config, labels=labels)["Id"]
        try:
            self._api.start(container)
            yield volume, container
        finally:
            self._api.remove_container(container, force=True)
            self._api.remove_volume(volume, force=True)

    def _carry(self, way: str, container: str, volume: str, local: Path) -> Sample:
        os.sync()  # What others have written is not to be written during this turn.
        setting = self._setting
        if self._name == "airdock":
            return setting.fresh("gohost", way, volume, str(local))()
        if self._name == "airdock volume":
            pair = (str(local), volume) if way == "put" else (volume, str(local))
            return setting.command("airdock", "volume", way, *pair)()
        if self._name == "docker cp":
            pair = (f"{local}/.", f"{container}:/v") if way == "put" else (f"{container}:/v/.", str(local))
            return setting.command("docker", "cp", *pair)()
        words = ["floor"] if self._name == "floor" else setting.python("docker_py.py")
        return setting.fresh(*words, way, container, str(local), TMPDIR=str(self._folder))()

    def _weigh(self, container: str) -> tuple[int, int]:
        run = self._api.exec_create(container, ["sh", "-c", WEIGH])["Id"]
        files, size = self._api.exec_start(run).split()
        return int(files), int(size)

    def _check(self, found: tuple[int, int], tree: Path) -> None:
        if found != (wanted := weight(tree)):
            raise Failed(f"{found} files and bytes arrived, and not {wanted}")


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    import docker  # What draws the page has none.

    names = ("floor", "docker cp", "docker-py", "airdock", "airdock volume")
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < setting.number(NEEDED) << 20:

        def none() -> Sample:
            raise Missing(f"{MEMORY} has no {NEEDED} MB")

        return dict.fromkeys(names, none)
    folder = Path(tempfile.mkdtemp(prefix="airdock-bench-", dir=MEMORY))
    stack.callback(shutil.rmtree, folder)
    trees = plant(folder, setting)
    api = docker.from_env(timeout=300).api
    stack.callback(api.close)
    return {name: Carrier(name, setting, api, folder, trees) for name in names}


SCENARIO = Scenario(
    name="files",
    title="Files into a volume and back",
    what="One file of 1 GB, which has two turns, and trees of 10,000, 1,000 and 100 files of 10 KB; again "
    "means that nothing has changed since. The floor is a tar over `PUT` and `GET "
    "/containers/ID/archive`. Its time, docker-py's and Airdock's begin in a process that runs, Airdock's "
    "with its plugin; docker cp and `airdock volume` are programs, whose start is in it. docker cp and "
    "docker-py ask for gzip on the way back, and the engine then compresses on one core. Trees and "
    "volumes are in memory, each turn has a new volume, and what arrives is counted. The CPU time is the "
    "client's for 10,000 in and back, with the start and the end of Airdock's plugins.",
    base="floor",
    metrics=(
        Metric("large_put", "1 GB in, s"),
        Metric("large_get", "1 GB back, s"),
        Metric("put", "10,000 in, s"),
        Metric("again", "again, s"),
        Metric("get", "10,000 back, s"),
        Metric("put_1000", "1,000 in, s"),
        Metric("put_100", "100 in, s"),
        Metric("get_100", "100 back, s"),
        Metric("cpu", "client CPU s"),
        Metric("peak", "memory MB", 0, ratio=False),
    ),
    contenders=contenders,
    targets=(
        *(Target("airdock", key, 1.1, beside="floor") for key in ("large_put", "large_get", "put", "get")),
        Target("airdock", "again", 0.25, beside="floor"),
    ),
    rounds=4,
    seconds=200,
    warm=True,
)
