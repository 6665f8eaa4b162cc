"""The hook's volumes, on the real engine."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from support import Traces, wait_for, wait_until_threads_end
from test_hook import recorded
from volume_task import read_volume

from airdock.exceptions import InvalidRequestError, StoppedError, VolumeNotFoundError
from airdock.hooks.answers import FetchedFiles, Volume
from airdock.hooks.docker import DockerHook

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def nothing_stays(traces: Traces) -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert traces.all() == {}
    wait_until_threads_end(before)


@pytest.fixture
def name(engine: docker.APIClient, dag_id: str) -> Iterator[str]:
    name = f"airdock-test-{dag_id}"
    yield name
    with contextlib.suppress(docker.errors.NotFound):
        engine.remove_volume(name)


def test_volumes(name: str, tmp_path: Path, engine: docker.APIClient) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a")
    (tmp_path / "in" / "b.txt").write_text("bb")
    hook, log = recorded()
    label = f"airdock-test-{os.getpid()}"

    def names(**filters: Any) -> list[str]:
        return [volume.name for volume in docker_.volumes.list(filters=filters)]

    with hook as docker_:
        volumes = docker_.volumes
        made = volumes.create(name, driver="local", labels={label: "value"})
        assert made == volumes.inspect(name) == volumes.create(name)
        assert isinstance(made, Volume)
        assert made.labels == {label: "value"}
        assert volumes.put(name, tmp_path / "in", "data").files_sent == 2
        assert volumes.put(name, tmp_path / "in", "data").files_unchanged == 2
        (tmp_path / "in" / "a.txt").unlink()
        assert volumes.put(name, tmp_path / "in", "data", mirror=True).deleted == 1
        volumes.put(name, b"content", "file", mode=0o600)
        fetched = volumes.get(name, "data", tmp_path / "out")
        assert (fetched.files, fetched.bytes, fetched.found) == (1, 2, True)
        assert isinstance(fetched, FetchedFiles)
        assert names(label=label) == names(label=[f"{label}=value"]) == [name]
        assert names(label=[label, "another"]) == names(name=name, dangling=False) == []
        assert names(name=name, driver="local", dangling=True) == [name]
        assert read_volume(engine, name, "ls /v/data; cat /v/file") == ["b.txt", "content"]
        assert volumes.prune(filters={"label": label}).removed == [name]
        with pytest.raises(VolumeNotFoundError):
            volumes.remove(name)
        assert volumes.remove(name, force=True).in_use == []
    assert (tmp_path / "out" / "b.txt").read_text() == "bb"
    assert any(line.startswith("Put 2 files (3 bytes) into the volume") for line in log.lines("info"))


def test_the_engine_names_a_volume(engine: docker.APIClient) -> None:
    with DockerHook() as docker_:
        made = docker_.volumes.create()
        assert engine.inspect_volume(made.name)
        docker_.volumes.remove(made.name)


def test_what_cannot_be_asked(name: str) -> None:
    with DockerHook() as docker_:
        with pytest.raises(InvalidRequestError, match="colour"):
            docker_.volumes.list(filters={"colour": "red"})
        with pytest.raises(InvalidRequestError):
            docker_.volumes.prune()
        with pytest.raises(InvalidRequestError):
            docker_.volumes.put(name, create=True)
    with pytest.raises(InvalidRequestError, match="with block"):
        DockerHook().volumes.list()


def test_stop_in_mid_put(name: str, tmp_path: Path, engine: docker.APIClient) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(4 << 30)
    hook, _ = recorded()

    def helpers() -> list[str]:
        found = engine.containers(all=True, filters={"label": "dev.airdock.key", "volume": name})
        return [container["Id"] for container in found]

    def stop() -> None:
        wait_for("the helper", helpers)
        hook.stop()

    thread = threading.Thread(target=stop)
    with hook as docker_:
        thread.start()
        with pytest.raises(StoppedError):
            docker_.volumes.put(name, tmp_path / "large", "large", create=True)
    thread.join()
    assert helpers() == []
    assert read_volume(engine, name, "ls /v") == []
