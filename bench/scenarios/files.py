"""What files take into a volume and back."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import uuid
from contextlib import ExitStack
from pathlib import Path

from contenders import Go, Sample
from figures import Metric, Target
from scenario import HERE, Scenario, Setting


def plant(setting: Setting) -> dict[str, Path]:
    """Write one file of 1 GB, and trees of 100, 1,000 and 10,000 files of 10 KB."""
    trees = {name: setting.folder / "files" / name for name in ("large", "100", "1000", "10000")}
    for folder in trees.values():
        folder.mkdir(parents=True)
    with open(trees["large"] / "large", "wb") as file:
        for _ in range(setting.number(1024)):
            file.write(secrets.token_bytes(1 << 20))
    for count in (100, 1000, 10_000):
        for number in range(setting.number(count)):
            part = trees[str(count)] / f"folder{number % 100}"
            part.mkdir(exist_ok=True)
            (part / f"file{number}").write_bytes(secrets.token_bytes(10 << 10))
    return trees


def contenders(setting: Setting, stack: ExitStack) -> dict[str, Go]:
    import docker  # What draws the page has none.

    trees = plant(setting)
    stack.callback(shutil.rmtree, setting.folder / "files")
    api = docker.from_env(timeout=300).api
    stack.callback(api.close)
    script = str(HERE / "work" / "docker_py.py")

    def carry(name: str, way: str, container: str, volume: str, local: str) -> Sample:
        python = (sys.executable, "-W", "ignore", script)
        if name == "floor":
            return setting.fresh("floor", way, container, local)()
        if name == "docker-py":
            return setting.fresh(*python, way, container, local)()
        if name == "docker cp":
            pair = (f"{local}/.", f"{container}:/v") if way == "put" else (f"{container}:/v/.", local)
            return setting.command("docker", "cp", *pair)()
        pair = (local, volume) if way == "put" else (volume, local)
        return setting.command("airdock", "volume", way, *pair)()

    def there_and_back(name: str, tree: str, back: bool) -> Sample:
        volume = f"airdock-bench-{uuid.uuid4().hex[:12]}"
        api.create_volume(volume, labels=setting.labels)
        config = api.create_host_config(binds=[f"{volume}:/v"])
        container = api.create_container("bash", host_config=config, labels=setting.labels)["Id"]
        local = setting.folder / "files" / "back"
        try:
            os.sync()
            found = carry(name, "put", container, volume, str(trees[tree]))
            sample = {"put": found["seconds"], "peak": found["peak"]}
            if back:
                sample["again"] = carry(name, "put", container, volume, str(trees[tree]))["seconds"]
                local.mkdir()
                found = carry(name, "get", container, volume, str(local))
                sample |= {"get": found["seconds"], "peak": max(sample["peak"], found["peak"])}
                if sum(1 for path in local.rglob("*") if path.is_file()) != count[tree]:
                    raise ValueError("files are missing")
            return sample
        finally:
            shutil.rmtree(local, ignore_errors=True)
            api.remove_container(container, force=True)
            api.remove_volume(volume, force=True)

    count = {tree: sum(1 for path in folder.rglob("*") if path.is_file()) for tree, folder in trees.items()}

    def all_trees(name: str) -> Sample:
        large, many = there_and_back(name, "large", True), there_and_back(name, "10000", True)
        return {
            "large_put": large["put"],
            "large_get": large["get"],
            "put": many["put"],
            "again": many["again"],
            "get": many["get"],
            "peak": max(large["peak"], many["peak"]),
            "put_1000": there_and_back(name, "1000", False)["put"],
            "put_100": there_and_back(name, "100", False)["put"],
        }

    return {
        name: lambda name=name: all_trees(name)  # type: ignore[misc]
        for name in ("floor", "docker cp", "docker-py", "airdock")
    }


SCENARIO = Scenario(
    name="files",
    title="Files into a volume and back",
    what="One file of 1 GB, and 10,000 files of 10 KB; again means that nothing has changed since. The floor "
    "is a tar over `PUT` and `GET /containers/ID/archive`. docker cp and docker-py ask for gzip on the way "
    "back, and the engine then compresses on one core.",
    base="floor",
    metrics=(
        Metric("large_put", "1 GB in, s"),
        Metric("large_get", "1 GB back, s"),
        Metric("put", "10,000 in, s"),
        Metric("again", "again, s"),
        Metric("get", "10,000 back, s"),
        Metric("put_1000", "1,000 in, s"),
        Metric("put_100", "100 in, s"),
        Metric("peak", "memory MB", 0, ratio=False),
    ),
    contenders=contenders,
    targets=(
        *(Target("airdock", key, 1.1, beside="floor") for key in ("large_put", "large_get", "put", "get")),
        Target("airdock", "again", 0.25, beside="floor"),
    ),
    rounds=2,
    seconds=100,
)
