"""Files that go into a container and come back: the request, and what an engine makes of it."""

from __future__ import annotations

import base64
import os
import stat
import tracemalloc
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import docker
import pytest
from airflow import DAG
from support import RecordingLog, Task, Traces

from airdock._protocol.airdock_pb2 import LINKS_KEEP, RunRequest, TransferProgress
from airdock.exceptions import (
    AirdockError,
    ArchiveUnsafeError,
    ContainerFailedError,
    ContainerFileNotFoundError,
    FileUnreadableError,
    InvalidRequestError,
    TransferTooLargeError,
)
from airdock.files import INLINE_LIMIT, InputFile, OutputFile, file_objects, output_objects
from airdock.operators.docker import DockerOperator
from airdock.plugin.messages import fill
from airdock.progress import TransferLog

# The request.


def made(files: dict[str, Any], stack: ExitStack | None = None) -> list[dict[str, Any]]:
    with stack or ExitStack() as stack:
        return [
            {name: value for name, value in fields.items() if value not in (None, "")}
            for fields in file_objects(files, stack)
        ]


def inline(path: str, content: bytes, **fields: Any) -> dict[str, Any]:
    return {"path": path, "content": base64.b64encode(content).decode(), **fields}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Path("/data"), {"path": "/x", "local_path": "/data"}),
        ("/data/in.csv", {"path": "/x", "local_path": "/data/in.csv"}),
        (Path("data"), {"path": "/x", "local_path": os.path.abspath("data")}),
        ("data", inline("/x", b"data")),
        ("/not/a path\n", inline("/x", b"/not/a path\n")),
        ("ä", inline("/x", "ä".encode())),
        (b"/data", inline("/x", b"/data")),
        ({"source": "s", "mode": 0, "owner": "1:2"}, inline("/x", b"s", owner="1:2", mode=0)),
    ],
)
def test_a_source_is_a_path_or_a_content(source: Any, expected: dict[str, Any]) -> None:
    assert made({"/x": source}) == [expected]
    fill({"files": made({"/x": source})}, RunRequest())
    assert made({}) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (None, "The source of /x is of the type NoneType: give a path, text or bytes"),
        (7, "is of the type int"),
        ("\ud800", "is no text that UTF-8 has"),
        ({"content": "x"}, "input_files: /x: .*unexpected keyword argument 'content'"),
        ({"mode": 7}, "input_files: /x: .*missing 1 required positional argument: 'source'"),
    ],
)
def test_a_source_that_is_neither(source: Any, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        made({"/x": source})


def test_contents_that_a_message_does_not_hold_travel_as_files() -> None:
    half = b"x" * (INLINE_LIMIT // 2)
    with ExitStack() as stack:
        first, second, third = file_objects(
            {"/a": half, "/b": {"source": half + b"y", "mode": 0o400}, "/c": half}, stack
        )
        assert "content" in first
        assert "content" in third
        assert second["mode"] == 0o400
        path = Path(second["local_path"])
        assert path.read_bytes() == half + b"y"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        (fourth,) = file_objects({"/d": "ä" * INLINE_LIMIT}, stack)
        assert fourth["mode"] == 0o644
    assert not path.exists()
    assert not Path(fourth["local_path"]).exists()


def test_a_large_content_is_copied_once_at_most() -> None:
    text = "x" * (50 << 20)
    tracemalloc.start()
    try:
        with ExitStack() as stack:
            list(file_objects({"/text": text}, stack))
            in_between, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1.1 * len(text)
    assert in_between < 1 << 20


def test_outputs() -> None:
    files = {
        "/out/": "/results/*.csv",
        "out.txt": {"path": "/out.txt", "optional": True, "max_bytes": 5, "links": "keep"},
    }
    message = fill({"outputs": list(output_objects(files))}, RunRequest())
    first, second = message.outputs
    assert (first.path, first.target, first.optional, first.max_bytes) == (
        "/results/*.csv",
        "/out/",
        False,
        0,
    )
    assert (second.path, second.target) == ("/out.txt", os.path.join(os.getcwd(), "out.txt"))
    assert (second.optional, second.max_bytes, second.links) == (True, 5, LINKS_KEEP)
    with pytest.raises(InvalidRequestError, match=r"output_files: /x: .*'file'"):
        list(output_objects({"/x": {"file": "/y"}}))
    with pytest.raises(InvalidRequestError, match="LINKS_FOLLOW"):
        fill({"outputs": list(output_objects({"/x": {"path": "/y", "links": "follow"}}))}, RunRequest())


def test_both_sides_are_templates() -> None:
    """And no path that ends as a script's name is the name of a template's file."""
    operator = DockerOperator(
        task_id="task",
        image="bash",
        input_files={
            "/in/{{ word }}.sh": "/worker/{{ word }}.sh",
            "/text": "{{ word }}\n",
            "/path": Path("/{{ word }}"),
            "/file": InputFile("two\n{{ word }}\n\n", mode=0o755),
            "/bytes": b"{{ word }}",
        },
        output_files={
            "/data/{{ word }}/x.env": "/{{ word }}",
            "/y": OutputFile("/{{ word }}.sh", max_bytes=3),
        },
    )
    operator.render_template_fields({"word": "rendered"})
    assert operator.input_files == {
        "/in/rendered.sh": "/worker/rendered.sh",
        "/text": "rendered\n",
        "/path": Path("/{{ word }}"),
        "/file": {"source": "two\nrendered\n\n", "mode": 0o755, "owner": ""},
        "/bytes": b"{{ word }}",
    }
    assert operator.output_files == {
        "/data/rendered/x.env": "/rendered",
        "/y": {"path": "/rendered.sh", "optional": False, "max_bytes": 3, "links": "refuse"},
    }


def test_files_of_another_task() -> None:
    """They are found for the order of the tasks, and taken as they are."""
    with DAG("dag", start_date=datetime(2024, 1, 1), schedule=None):
        made = DockerOperator(task_id="made", image="bash")
        takers = [
            DockerOperator(task_id="one", image="bash", input_files={"/x": made.output["key"]}),
            DockerOperator(task_id="two", image="bash", input_files={"/x": InputFile(made.output)}),
            DockerOperator(task_id="three", image="bash", output_files=made.output),
        ]
    assert [taker.upstream_task_ids for taker in takers] == [{"made"}] * 3


def test_the_log_of_a_transfer() -> None:
    now = [0.0]
    log = RecordingLog()
    transfer = TransferLog(log, lambda: now[0])
    for seconds, files, size in (
        (0, 0, 0),
        (5, 1, 10),
        (10, 2, 2_000_000),
        (19, 3, 3_000_000),
        (21, 4, 4_000_000),
    ):
        now[0] = seconds
        transfer.write(
            TransferProgress(path="/in", files=files, bytes=size, files_total=9, bytes_total=9_000_000)
        )
    transfer.write(TransferProgress(path="/in", files=9, bytes=9_000_000, done=True))
    transfer.write(TransferProgress(path="/out", fetch=True, files=1, bytes=50))
    now[0] = 40
    transfer.write(TransferProgress(path="/out", fetch=True, files=2, bytes=90))
    assert log.lines() == [
        "Copying /in: 2 of 9 files, 2.0 MB of 9.0 MB",
        "Copying /in: 4 of 9 files, 4.0 MB of 9.0 MB",
        "Fetching /out: 2 files, 90 bytes",
    ]


# The engine.


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
