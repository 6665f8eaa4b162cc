"""Builds on the real engine: by the operator's execute itself, and killed in Airflow."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import docker
import pytest
from build_task import BuildTask, has
from support import Traces, wait_for

from airdock.exceptions import (
    AirdockError,
    BuildStepFailedError,
    ContextUnreadableError,
    CopySourceMissingError,
    DockerfileInvalidError,
    DockerfileNotFoundError,
    InvalidRequestError,
    TargetNotFoundError,
)
from airdock.operators.docker import DockerBuildOperator

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]

FAILING = "FROM bash\nRUN true\nRUN echo boom && false\nRUN true\n"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A small context."""
    (tmp_path / "file").write_text("content\n")
    (tmp_path / "left-out").write_text("x" * 100_000)
    (tmp_path / ".dockerignore").write_text("left-out\n")
    (tmp_path / "Dockerfile").write_text("FROM bash\nCOPY . /context\nRUN ls /context\n")
    return tmp_path


def test_a_build_and_the_same_again(
    context: Path, tag: str, traces: Traces, engine: docker.APIClient
) -> None:
    (context / "file").write_text(f"{time.time_ns()}\n")
    task = BuildTask(traces.dag_id, context=context, tags=[tag])
    result = task.execute()
    assert set(result) == {
        "image_id",
        "digest",
        "tags",
        "steps_cached",
        "steps_built",
        "context_bytes",
        "seconds",
    }
    assert result["image_id"] == engine.inspect_image(tag)["Id"]
    assert (result["tags"], result["steps_cached"], result["steps_built"]) == ([tag], 0, 2)
    assert 0 < result["context_bytes"] < 50_000
    lines = task.log.lines("info")
    assert lines[-1].startswith(f"Built {result['image_id']} as {tag} in ")
    assert "0 of 2 steps from the cache" in lines[-1]
    assert lines.count("::endgroup::") == len([line for line in lines if line.startswith("::group::")])
    at = next(n for n, line in enumerate(lines) if line.startswith("::group::[3/3] RUN ls"))
    assert lines[at + 1] == "file" or "file" in lines[at : lines.index("::endgroup::", at)]
    assert "left-out" not in lines

    again = BuildTask(traces.dag_id, context=str(context), tags=tag)
    result = again.execute()
    assert (result["steps_cached"], result["steps_built"]) == (2, 0)
    assert "2 of 2 steps from the cache" in again.log.lines("info")[-1]
    assert "CACHED" in again.log.lines("info")


def test_the_steps_output_is_live(tag: str, traces: Traces) -> None:
    text = f"FROM bash\nRUN echo first {time.time_ns()}; sleep 3; echo second\n"
    task = BuildTask(traces.dag_id, dockerfile_inline=text, tags=[tag])
    thread = threading.Thread(target=task.execute)
    thread.start()
    wait_for("the step's first line", lambda: any(line.startswith("first") for line in task.log.lines()))
    assert "second" not in task.log.lines()
    thread.join(30)
    assert "second" in task.log.lines()


def test_parameters_reach_the_build(tag: str, traces: Traces, engine: docker.APIClient) -> None:
    text = """
        FROM bash AS wanted
        ARG WORD=none
        RUN echo "word $WORD" "$(grep -c far.example /etc/hosts)"
        FROM bash
        RUN false
    """
    task = BuildTask(
        traces.dag_id,
        dockerfile_inline=text,
        tags=[tag, tag.replace(":latest", ":other")],
        build_args={"WORD": 7},
        target="wanted",
        labels={"made": "here"},
        platform="linux/amd64",
        no_cache=True,
        network_mode="none",
        extra_hosts={"far.example": "10.1.2.3"},
        cache_from=[],
        inline_cache=True,
    )
    result = task.execute()
    image = engine.inspect_image(tag)
    assert image["Config"]["Labels"]["made"] == "here"
    assert len(result["tags"]) == 2
    assert any(line.startswith("word 7 1") for line in task.log.lines())
    engine.remove_image(tag.replace(":latest", ":other"))


@pytest.mark.parametrize("where", ["within", "outside"])
def test_another_dockerfile(where: str, context: Path, tag: str, traces: Traces) -> None:
    (context / "in").mkdir()
    file = context / "in" / "Other" if where == "within" else context.parent / f"{context.name}-Other"
    file.write_text("FROM bash\nCOPY file /\n")
    dockerfile = "in/Other" if where == "within" else str(file)
    assert BuildTask(traces.dag_id, context=context, dockerfile=dockerfile, tags=[tag]).execute()["image_id"]


def test_a_tar_is_a_context(context: Path, tag: str, tmp_path: Path, traces: Traces) -> None:
    import tarfile

    path = tmp_path.parent / f"{tmp_path.name}.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(context / "Dockerfile", "Dockerfile")
        tar.add(context / "file", "file")
    assert BuildTask(traces.dag_id, context=path, tags=[tag]).execute()["image_id"]


def test_the_classic_builder(context: Path, tag: str, traces: Traces) -> None:
    task = BuildTask(traces.dag_id, context=context, tags=[tag], builder="classic", no_cache=True)
    assert task.execute()["steps_built"] == 2
    lines = task.log.lines("info")
    assert lines.count("::endgroup::") == len([line for line in lines if line.startswith("::group::")]) > 1
    assert "file" in lines


def test_the_size_of_shm(tag: str, traces: Traces) -> None:
    text = "FROM bash\nRUN df -k /dev/shm\n"
    task = BuildTask(traces.dag_id, dockerfile_inline=text, tags=[tag], shm_size="8m", builder="classic")
    task.execute()
    assert any("8192" in line for line in task.log.lines())


def test_secrets(tag: str, traces: Traces, engine: docker.APIClient) -> None:
    text = (
        "FROM bash\nRUN --mount=type=secret,id=one --mount=type=secret,id=two "
        "cat /run/secrets/one; echo; wc -c < /run/secrets/two\n"
    )
    secrets: dict[str, str | bytes] = {"one": "{{ word }} and very private.sh", "two": b"\x00\xff\x00"}
    task = BuildTask(traces.dag_id, dockerfile_inline=text, tags=[tag], secrets=secrets, no_cache=True)
    task.execute()
    assert "3" in task.log.lines()
    everything = "\n".join(task.log.lines()) + repr(engine.history(tag)) + repr(engine.inspect_image(tag))
    assert "very private" not in everything
    assert "***" in "\n".join(task.log.lines())


def test_secrets_are_no_template_field() -> None:
    operator = DockerBuildOperator(task_id="t", dockerfile_inline="FROM bash", secrets={"a": "b"})
    assert not any("secret" in name for name in operator.template_fields)
    assert not hasattr(operator, "secrets")


def test_a_failing_step_shows_its_lines(tag: str, traces: Traces, engine: docker.APIClient) -> None:
    task = BuildTask(traces.dag_id, dockerfile_inline=FAILING, tags=[tag], no_cache=True)
    with pytest.raises(BuildStepFailedError, match=r"3 \| >>> RUN echo boom"):
        task.execute()
    assert "boom" in task.log.lines("info")
    (error,) = task.log.lines("error")
    assert "3 | >>> RUN echo boom && false" in error
    assert "2 |     RUN true" in error
    lines = task.log.lines("info")
    assert lines.count("::endgroup::") == len([line for line in lines if line.startswith("::group::")])
    assert not has(engine, tag)


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({}, InvalidRequestError),
        ({"dockerfile": "a", "dockerfile_inline": "FROM bash"}, InvalidRequestError),
        ({"dockerfile_inline": "FROM bash", "tags": ["UPPER"]}, InvalidRequestError),
        ({"dockerfile_inline": "FROM bash", "push": True}, InvalidRequestError),
        ({"dockerfile_inline": "FROM bash", "no_cache": "no"}, InvalidRequestError),
        ({"context": "/nowhere"}, ContextUnreadableError),
        ({"context": "/etc/hostname"}, ContextUnreadableError),
        ({"context": "{empty}"}, DockerfileNotFoundError),
        ({"dockerfile_inline": "FROM bash\nRUM true"}, DockerfileInvalidError),
        ({"dockerfile_inline": "FROM bash\nCOPY none /"}, CopySourceMissingError),
        ({"dockerfile_inline": "FROM bash", "target": "none"}, TargetNotFoundError),
    ],
)
def test_bad_input(
    parameters: dict[str, Any], error: type[AirdockError], tmp_path: Path, traces: Traces
) -> None:
    parameters = {name: str(tmp_path) if value == "{empty}" else value for name, value in parameters.items()}
    with pytest.raises(error):
        BuildTask(traces.dag_id, **parameters).execute()


def test_an_unknown_builder_is_refused_in_the_dag() -> None:
    with pytest.raises(ValueError, match="auto, buildkit, classic"):
        DockerBuildOperator(task_id="t", builder="buildx")  # type: ignore[arg-type]
