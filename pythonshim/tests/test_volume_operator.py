"""Volumes as tasks, on the real engine."""

from __future__ import annotations

import json
import os
import signal
import tarfile
import time
from pathlib import Path

import docker
import pytest
from support import Task, Traces, in_a_thread, wait_for
from volume_task import VolumeTask, read_volume

from airdock._compat import AirflowFailException
from airdock.exceptions import (
    ContainerFileNotFoundError,
    InvalidRequestError,
    PluginDiedError,
    StoppedError,
    VolumeConflictError,
    VolumeInUseError,
    VolumeNotFoundError,
)

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with three files and a link."""
    folder = tmp_path / "tree"
    (folder / "sub").mkdir(parents=True)
    (folder / "one.csv").write_text("1\n")
    (folder / "sub" / "two.csv").write_text("22\n")
    (folder / "sub" / "run.sh").write_text("echo ran")
    (folder / "sub" / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("sub/run.sh")
    return folder


def test_from_create_to_remove(traces: Traces, volume: str, engine: docker.APIClient) -> None:
    labels = {"purpose": "{{ word }}", "empty": ""}
    made = VolumeTask(traces.dag_id, "create", volume=volume, labels=labels).execute()
    found = engine.inspect_volume(volume)
    assert (made["name"], made["driver"], made["mountpoint"]) == (volume, "local", found["Mountpoint"])
    assert made["labels"] == found["Labels"] == {"purpose": "rendered", "empty": ""}
    assert made["created"].startswith("20")
    assert VolumeTask(traces.dag_id, "inspect", volume=volume).execute() == made
    filters = {"volume": volume, "labels": {"purpose": "rendered", "empty": ""}, "driver": "local"}
    assert VolumeTask(traces.dag_id, "list", **filters).execute() == [made]
    assert VolumeTask(traces.dag_id, "list", **filters | {"labels": {"purpose": "x"}}).execute() == []
    json.dumps(made)
    removed = VolumeTask(traces.dag_id, "remove", volume=volume).execute()
    assert removed == {"removed": [volume], "in_use": []}
    with pytest.raises(VolumeNotFoundError):
        VolumeTask(traces.dag_id, "remove", volume=volume).execute()
    VolumeTask(traces.dag_id, "remove", volume=volume, force=True).execute()


def test_options_of_a_driver(traces: Traces, volume: str, engine: docker.APIClient) -> None:
    options = {"type": "tmpfs", "device": "tmpfs", "o": "size={{ '1m' }}"}
    VolumeTask(traces.dag_id, "create", volume=volume, driver="local", driver_opts=options).execute()
    assert engine.inspect_volume(volume)["Options"] == options | {"o": "size=1m"}
    with pytest.raises(VolumeConflictError):
        VolumeTask(traces.dag_id, "create", volume=volume, driver_opts={"type": "none"}).execute()


def test_put_sends_what_changed_and_mirrors(
    traces: Traces, volume: str, tree: Path, engine: docker.APIClient
) -> None:
    with pytest.raises(VolumeNotFoundError):
        VolumeTask(traces.dag_id, "put", volume=volume, source=tree).execute()
    task = VolumeTask(traces.dag_id, "put", volume=volume, source=tree, path="data/{{ word }}", create=True)
    filled = task.execute()
    assert filled.pop("seconds") >= 0
    assert filled == {
        "volume": volume,
        "files_sent": 4,
        "files_unchanged": 0,
        "deleted": 0,
        "bytes_sent": 13,
    }
    (line,) = [line for line in task.log.lines("info") if line.startswith("Put ")]
    assert line.startswith(f"Put 4 files (13 bytes) into the volume {volume} in ")
    assert line.endswith("; 0 unchanged, 0 deleted.")
    script = "cd /v/data/rendered && stat -c '%a %u:%g %n' sub/run.sh one.csv && readlink link"
    assert read_volume(engine, volume, script) == ["755 0:0 sub/run.sh", "644 0:0 one.csv", "sub/run.sh"]

    (tree / "one.csv").write_text("changed\n")
    (tree / "sub" / "two.csv").unlink()
    again = {"volume": volume, "source": str(tree), "path": "data/rendered"}
    filled = VolumeTask(traces.dag_id, "put", **again).execute()
    assert (filled["files_sent"], filled["files_unchanged"], filled["deleted"]) == (1, 2, 0)
    assert read_volume(engine, volume, "ls /v/data/rendered/sub") == ["run.sh", "two.csv"]
    filled = VolumeTask(traces.dag_id, "put", **again, mirror=True).execute()
    assert (filled["files_sent"], filled["files_unchanged"], filled["deleted"]) == (0, 3, 1)
    assert read_volume(engine, volume, "ls /v/data/rendered/sub") == ["run.sh"]


def test_put_a_content_with_its_mode_and_owner(traces: Traces, volume: str, engine: docker.APIClient) -> None:
    parameters = {"volume": volume, "path": "conf/{{ word }}.sh", "source": "word: {{ word }}\n"}
    VolumeTask(traces.dag_id, "put", **parameters, create=True, mode=0o640, file_owner="12:34").execute()
    script = "cat /v/conf/rendered.sh; stat -c '%a %u:%g' /v/conf/rendered.sh"
    assert read_volume(engine, volume, script) == ["word: rendered", "640 12:34"]
    large = b"x" * (5 << 20)
    VolumeTask(traces.dag_id, "put", volume=volume, path="large", source=large).execute()
    assert read_volume(engine, volume, "wc -c < /v/large; stat -c %a /v/large") == ["5242880", "644"]


def test_put_a_tar(traces: Traces, volume: str, tree: Path, tmp_path: Path, engine: docker.APIClient) -> None:
    with tarfile.open(tmp_path / "tree.tar.gz", "w:gz") as archive:
        archive.add(tree, "tree")
    parameters = {"volume": volume, "tar": tmp_path / "tree.tar.gz", "path": "from"}
    VolumeTask(traces.dag_id, "put", **parameters, create=True).execute()
    assert read_volume(engine, volume, "cat /v/from/tree/sub/two.csv") == ["22"]
    with pytest.raises(InvalidRequestError):
        VolumeTask(traces.dag_id, "put", **parameters, source=tree).execute()


def test_get(
    traces: Traces, volume: str, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    VolumeTask(traces.dag_id, "put", volume=volume, source=tree, create=True).execute()
    target = tmp_path / "out" / "{{ word }}"
    task = VolumeTask(traces.dag_id, "get", volume=volume, path="**/*.csv", target=f"{target}/")
    fetched = task.execute()
    assert fetched.pop("seconds") >= 0
    assert fetched == {"volume": volume, "files": 2, "bytes": 5, "found": True}
    assert (tmp_path / "out" / "rendered" / "sub" / "two.csv").read_text() == "22\n"
    line = f"Fetched 2 files (5 bytes) from the volume {volume} to {tmp_path}/out/rendered/."
    assert line in task.log.lines("info")
    monkeypatch.chdir(tmp_path)
    VolumeTask(traces.dag_id, "get", volume=volume, target="all").execute()
    assert os.readlink(tmp_path / "all" / "link") == "sub/run.sh"
    none = {"volume": volume, "path": "none", "target": "none"}
    with pytest.raises(ContainerFileNotFoundError):
        VolumeTask(traces.dag_id, "get", **none).execute()
    assert VolumeTask(traces.dag_id, "get", **none, optional=True).execute()["found"] is False


def test_a_volume_in_use(traces: Traces, volume: str, engine: docker.APIClient) -> None:
    binds = engine.create_host_config(binds=[f"{volume}:/v"])
    container = engine.create_container("busybox", "true", host_config=binds)["Id"]
    try:
        with pytest.raises(VolumeInUseError):
            VolumeTask(traces.dag_id, "remove", volume=volume).execute()
    finally:
        engine.remove_container(container)


def test_the_volumes_of_a_run(traces: Traces, engine: docker.APIClient) -> None:
    """One fills it, one works with it, the last one removes all that belong to the run."""
    scope = {"volume": "work", "volume_scope": "dag_run"}
    other = VolumeTask(traces.dag_id, "create", **scope)
    other.ti.run_id = "other"
    kept = other.execute()["name"]
    filled = VolumeTask(traces.dag_id, "put", **scope, source="text", path="in").execute()
    name = filled["volume"]
    assert name not in ("work", kept)
    run = Task(
        traces.dag_id,
        command="cp /scratch/in /scratch/out",
        mounts=[{"target": "/scratch", "source": "work"}],
        volume_scope="dag_run",
    )
    run.execute()
    assert read_volume(engine, name, "cat /v/out") == ["text"]
    assert VolumeTask(traces.dag_id, "inspect", **scope).execute()["name"] == name
    removed = VolumeTask(traces.dag_id, "remove", volume_scope="dag_run").execute()
    assert removed == {"removed": [name], "in_use": []}
    assert VolumeTask(traces.dag_id, "remove", volume_scope="dag_run").execute()["removed"] == []
    assert engine.inspect_volume(kept)
    engine.remove_volume(kept)


def test_prune_says_what_it_left(traces: Traces, volume: str, engine: docker.APIClient) -> None:
    label = f"airdock-test-{os.getpid()}"
    labels = {label: "some value"}
    VolumeTask(traces.dag_id, "create", volume=volume, labels=labels).execute()
    binds = engine.create_host_config(binds=[f"{volume}:/v"])
    container = engine.create_container("busybox", "true", host_config=binds)["Id"]
    try:
        task = VolumeTask(traces.dag_id, "prune", labels=labels)
        assert task.execute() == {"removed": [], "in_use": [volume]}
        assert task.log.lines("warning") == [f"Containers use {volume}: not removed."]
    finally:
        engine.remove_container(container)
    pruned = VolumeTask(traces.dag_id, "prune", labels={label: ""})
    assert pruned.execute() == {"removed": [volume], "in_use": []}
    with pytest.raises(InvalidRequestError):
        VolumeTask(traces.dag_id, "prune").execute()


def test_an_operation_that_is_none() -> None:
    with pytest.raises(ValueError, match="expected one of create, put, get"):
        VolumeTask("dag", "copy")


# Ends.


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that takes a while to send: 4 GB of nothing."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(4 << 30)
    return path


def helpers(engine: docker.APIClient, dag_id: str) -> list[str]:
    filters = {"label": ["dev.airdock.key", f"dev.airdock.dag-id={dag_id}"]}
    return [container["Id"] for container in engine.containers(all=True, filters=filters)]


def test_on_kill_in_mid_put(traces: Traces, volume: str, large: Path, engine: docker.APIClient) -> None:
    VolumeTask(traces.dag_id, "put", volume=volume, path="large", source=b"old", create=True).execute()
    task = VolumeTask(traces.dag_id, "put", volume=volume, source=large, path="large")
    thread, raised = in_a_thread(task.execute)
    wait_for("the helper", lambda: helpers(engine, traces.dag_id))
    began = time.monotonic()
    task.operator.on_kill()
    took = time.monotonic() - began
    print(f"on_kill took {took:.2f} s")
    assert took < 4.6, "Airflow 3 sends SIGKILL 5 s after SIGTERM"
    assert helpers(engine, traces.dag_id) == []
    thread.join(10)
    assert isinstance(raised[0], StoppedError), raised
    assert read_volume(engine, volume, "ls -A /v; cat /v/large") == ["large", "old"]


def test_on_kill_before_execute(traces: Traces, volume: str) -> None:
    task = VolumeTask(traces.dag_id, "put", volume=volume, source="text", path="file", create=True)
    task.operator.on_kill()
    with pytest.raises(StoppedError, match="before its put began"):
        task.execute()


def test_the_plugin_killed_in_mid_put(
    traces: Traces, volume: str, large: Path, engine: docker.APIClient
) -> None:
    """Another plugin removes the helper."""
    task = VolumeTask(traces.dag_id, "put", volume=volume, source=large, path="large", create=True)
    thread, raised = in_a_thread(task.execute)
    wait_for("the helper", lambda: helpers(engine, traces.dag_id))
    for pid in traces.plugins():
        os.kill(pid, signal.SIGKILL)
    thread.join(20)
    assert isinstance(raised[0], PluginDiedError), raised
    assert not isinstance(raised[0], AirflowFailException)
    assert helpers(engine, traces.dag_id) == []
    assert read_volume(engine, volume, "ls /v") == []
