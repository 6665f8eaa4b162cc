"""Files that go into a container and come back, on the real engine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import docker
import pytest
from support import Task, Traces

from airdock.exceptions import (
    AirdockError,
    ArchiveUnsafeError,
    ContainerFailedError,
    ContainerFileNotFoundError,
    FileUnreadableError,
    TransferTooLargeError,
)
from airdock.files import InputFile, OutputFile


def sh(script: str) -> list[str]:
    return ["sh", "-c", script]


def run(traces: Traces, script: str, **parameters: Any) -> tuple[Any, Task]:
    task = Task(traces.dag_id, image="busybox", command=sh(script), xcom_all=True, **parameters)
    result = task.execute()
    assert traces.all() == {}
    return result, task


@pytest.mark.engine
def test_files_go_in(traces: Traces, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "run.sh").write_text("echo ran")
    (tmp_path / "sub" / "run.sh").chmod(0o750)
    (tmp_path / "link").symlink_to("sub/run.sh")
    files = {
        "/made/for/it/text": "ä\n",
        "/bytes": bytes(range(256)) * 10000,
        "/owned": InputFile("x", mode=0o600, owner="1234:56"),
        "/folder": tmp_path,
        "/file": str(tmp_path / "sub" / "run.sh"),
    }
    script = (
        "stat -c '%a %u:%g %n' /made/for/it/text /bytes /owned /folder/sub/run.sh /file; "
        "cat /made/for/it/text; wc -c < /bytes; readlink /folder/link; sh /folder/link"
    )
    lines, task = run(traces, script, input_files=files)
    assert lines == [
        "644 0:0 /made/for/it/text",
        "644 0:0 /bytes",
        "600 1234:56 /owned",
        "750 0:0 /folder/sub/run.sh",
        "750 0:0 /file",
        "ä",
        "2560000",
        "sub/run.sh",
        "ran",
    ]
    log = task.log.lines("info")
    assert "Copied 1 file (2.6 MB) to /bytes in the container." in log
    assert any(line.startswith("Copied 2 files (8 bytes) to /folder in the container") for line in log)


@pytest.mark.engine
def test_files_come_back(traces: Traces, tmp_path: Path) -> None:
    script = "mkdir -p /out/a/b; echo 1 > /out/a/1.csv; echo 2 > /out/a/b/2.csv; echo 3 > /out/a/3.txt"
    files = {
        f"{tmp_path}/one.csv": "/out/a/1.csv",
        f"{tmp_path}/csv/": "/out/**/*.csv",
        f"{tmp_path}/all": "/out",
        f"{tmp_path}/none": OutputFile("/nothing/here", optional=True),
    }
    _, task = run(traces, script, output_files=files)
    found = {
        str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()
    }
    assert found == {
        "one.csv": "1\n",
        "csv/a/1.csv": "1\n",
        "csv/a/b/2.csv": "2\n",
        "all/a/1.csv": "1\n",
        "all/a/b/2.csv": "2\n",
        "all/a/3.txt": "3\n",
    }
    log = task.log.lines("info")
    assert f"Fetched 2 files (4 bytes) from /out/**/*.csv to {tmp_path}/csv/." in log
    assert "The container has nothing at /nothing/here: no file is fetched." in log


@pytest.mark.engine
def test_a_relative_path_is_one_of_the_current_folder(
    traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text("text")
    run(traces, "cp /in /out", input_files={"/in": Path("in.txt")}, output_files={"made/out.txt": "/out"})
    assert (tmp_path / "made" / "out.txt").read_text() == "text"


@pytest.mark.engine
def test_a_run_that_fails_brings_nothing_back(traces: Traces, tmp_path: Path) -> None:
    with pytest.raises(ContainerFailedError):
        run(traces, "echo 1 > /out; exit 3", output_files={f"{tmp_path}/out": "/out"})
    assert list(tmp_path.iterdir()) == []
    assert traces.all() == {}


@pytest.mark.engine
@pytest.mark.parametrize(
    ("script", "output", "error"),
    [
        ("true", "/nothing/here", ContainerFileNotFoundError),
        ("head -c 5000 /dev/zero > /out", OutputFile("/out", max_bytes=1000), TransferTooLargeError),
        ("mkdir /out; ln -s /etc/passwd /out/link", "/out", ArchiveUnsafeError),
    ],
)
def test_what_cannot_come_back(
    script: str, output: Any, error: type[AirdockError], traces: Traces, tmp_path: Path
) -> None:
    with pytest.raises(error):
        run(traces, script, output_files={f"{tmp_path}/out": output})
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert traces.all() == {}


@pytest.mark.engine
def test_links_are_skipped_or_kept(traces: Traces, tmp_path: Path) -> None:
    script = "mkdir /out; ln -s /etc/passwd /out/link; echo 1 > /out/file"
    files = {f"{tmp_path}/{links}": OutputFile("/out", links=links) for links in ("skip", "keep")}  # type: ignore[arg-type]
    run(traces, script, output_files=files)
    assert sorted(os.listdir(tmp_path / "skip")) == ["file"]
    assert os.readlink(tmp_path / "keep" / "link") == "/etc/passwd"


@pytest.mark.engine
def test_a_source_that_is_not_there(traces: Traces) -> None:
    with pytest.raises(FileUnreadableError, match="/no/such/file"):
        run(traces, "true", input_files={"/in": Path("/no/such/file")})
    assert traces.all() == {}


@pytest.mark.engine
def test_volumes_of_a_run_of_the_dag(traces: Traces, engine: docker.APIClient) -> None:
    """The same name in another run is another volume."""

    def words(run_id: str, script: str) -> Any:
        mounts = [{"target": "/data", "source": "work"}]
        task = Task(
            traces.dag_id,
            image="busybox",
            command=sh(script),
            xcom_all=True,
            mounts=mounts,
            volume_scope="dag_run",
        )
        task.ti.run_id = run_id
        return task.execute()

    def volumes() -> list[dict[str, Any]]:
        label = f"dev.airdock.dag-id={traces.dag_id}"
        return list(engine.volumes(filters={"label": label})["Volumes"] or [])

    try:
        words("one", "echo 1 > /data/file")
        assert words("one", "cat /data/file") == ["1"]
        assert words("two", "ls /data") is None
        assert {volume["Labels"]["dev.airdock.run-id"] for volume in volumes()} == {"one", "two"}
        assert {volume["Labels"]["dev.airdock.volume"] for volume in volumes()} == {"work"}
    finally:
        for volume in volumes():
            engine.remove_volume(volume["Name"])
    assert traces.all() == {}
