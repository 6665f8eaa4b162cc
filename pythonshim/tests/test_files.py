"""Files that go into a container and come back: the request, and the log."""

from __future__ import annotations

import base64
import os
import stat
import tracemalloc
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from airflow import DAG

from airdock._protocol.airdock_pb2 import LINKS_KEEP, RunRequest
from airdock.exceptions import InvalidRequestError
from airdock.files import INLINE_LIMIT, InputFile, OutputFile, file_objects, output_objects
from airdock.operators.docker import DockerOperator
from airdock.plugin.messages import fill


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
        ("\ud800", "is no UTF-8 text"),
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
