"""The hook's volumes, on the real engine."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import docker
import pytest
from support import wait_for
from test_hook import recorded
from volume_task import read_volume

from airdock.exceptions import InvalidRequestError, StoppedError, VolumeNotFoundError
from airdock.hooks.answers import FetchedFiles, Volume
from airdock.hooks.docker import DockerHook

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]


def test_volumes(volume: str, tmp_path: Path, engine: docker.APIClient) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a")
    (tmp_path / "in" / "b.txt").write_text("bb")
    hook, log = recorded()
    label = f"airdock-test-{os.getpid()}"

    def names(**filters: Any) -> list[str]:
        return [found.name for found in docker_.volumes.list(filters=filters)]

    with hook as docker_:
        volumes = docker_.volumes
        made = volumes.create(volume, driver="local", labels={label: "value"})
        assert made == volumes.inspect(volume) == volumes.create(volume)
        assert isinstance(made, Volume)
        assert made.labels == {label: "value"}
        assert volumes.put(volume, tmp_path / "in", "data").files_sent == 2
        assert volumes.put(volume, tmp_path / "in", "data").files_unchanged == 2
        (tmp_path / "in" / "a.txt").unlink()
        assert volumes.put(volume, tmp_path / "in", "data", mirror=True).deleted == 1
        volumes.put(volume, b"content", "file", mode=0o600)
        fetched = volumes.get(volume, "data", tmp_path / "out")
        assert (fetched.files, fetched.bytes, fetched.found) == (1, 2, True)
        assert isinstance(fetched, FetchedFiles)
        assert names(label=label) == names(label=[f"{label}=value"]) == [volume]
        assert names(label=[label, "another"]) == names(name=volume, dangling=False) == []
        assert names(name=volume, driver="local", dangling=True) == [volume]
        assert read_volume(engine, volume, "ls /v/data; cat /v/file") == ["b.txt", "content"]
        assert volumes.prune(filters={"label": label}).removed == [volume]
        with pytest.raises(VolumeNotFoundError):
            volumes.remove(volume)
        assert volumes.remove(volume, force=True).in_use == []
    assert (tmp_path / "out" / "b.txt").read_text() == "bb"
    assert any(line.startswith("Put 2 files (3 bytes) into the volume") for line in log.lines("info"))


def test_the_engine_names_a_volume(engine: docker.APIClient) -> None:
    with DockerHook() as docker_:
        made = docker_.volumes.create()
        assert engine.inspect_volume(made.name)
        docker_.volumes.remove(made.name)


def test_what_cannot_be_asked(volume: str) -> None:
    with DockerHook() as docker_:
        with pytest.raises(InvalidRequestError, match="colour"):
            docker_.volumes.list(filters={"colour": "red"})
        with pytest.raises(InvalidRequestError):
            docker_.volumes.prune()
        with pytest.raises(InvalidRequestError):
            docker_.volumes.put(volume, create=True)
    with pytest.raises(InvalidRequestError, match="with block"):
        DockerHook().volumes.list()


def test_stop_in_mid_put(volume: str, tmp_path: Path, engine: docker.APIClient) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(4 << 30)
    hook, _ = recorded()

    def helpers() -> list[str]:
        found = engine.containers(all=True, filters={"label": "dev.airdock.key", "volume": volume})
        return [container["Id"] for container in found]

    def stop() -> None:
        wait_for("the helper", helpers)
        hook.stop()

    thread = threading.Thread(target=stop)
    with hook as docker_:
        thread.start()
        with pytest.raises(StoppedError):
            docker_.volumes.put(volume, tmp_path / "large", "large", create=True)
    thread.join()
    assert helpers() == []
    assert read_volume(engine, volume, "ls /v") == []
