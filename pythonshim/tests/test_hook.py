"""The hook, on the real engine."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import docker
import pytest
from registry_server import PASSWORD, USER, PrivateRegistry
from support import STUBBORN, RecordingLog, Traces, wait_for

from airdock.exceptions import (
    ContainerFailedError,
    ImageNotFoundError,
    InvalidRequestError,
    PushDeniedError,
    StoppedError,
)
from airdock.hooks.docker import DockerHook

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]


def recorded(**parameters: Any) -> tuple[DockerHook, RecordingLog]:
    recording = RecordingLog()

    class Recorded(DockerHook):  # in both Airflows ``log`` is a property of a base class
        log = property(lambda self: recording)

    return Recorded(**parameters), recording


def ours(engine: docker.APIClient) -> list[str]:
    found = engine.containers(all=True, filters={"label": "test=hook"})
    return [container["Id"] for container in found]


def test_info(engine: docker.APIClient) -> None:
    with DockerHook() as docker_:
        info = docker_.info()
    assert info.version == engine.version()["Version"]
    assert info.host == os.environ["DOCKER_HOST"]


def test_build_and_run(engine: docker.APIClient) -> None:
    hook, log = recorded()
    with hook as docker_:
        image = docker_.build(dockerfile_inline="FROM bash\nENV WORD=hello\nRUN true\n")
        result = docker_.run(
            image.image_id,
            ["bash", "-c", "echo one; echo $WORD $MORE $PRIVATE"],
            environment={"MORE": "more"},
            private_environment={"PRIVATE": "hush"},
            labels={"test": "hook"},
        )
    engine.remove_image(image.image_id, force=True)
    assert image.steps_built + image.steps_cached == 1
    assert (result.exit_code, result.last_line) == (0, "hello more hush")
    assert result.lines == ["one", "hello more hush"]
    assert "one" in log.lines("info")
    assert ours(engine) == []


def test_a_container_that_fails(engine: docker.APIClient) -> None:
    hook, _ = recorded()
    with hook as docker_:
        assert docker_.run("bash", "bash -c 'exit 3'", labels={"test": "hook"}, check=False).exit_code == 3
        with pytest.raises(ContainerFailedError) as raised:
            docker_.run("bash", "bash -c 'exit 3'", labels={"test": "hook"})
    assert raised.value.exit_code == 3
    assert ours(engine) == []


def test_outside_of_a_with_block() -> None:
    with pytest.raises(InvalidRequestError, match="with block"):
        DockerHook().info()


def test_an_unknown_parameter() -> None:
    with DockerHook() as docker_:
        with pytest.raises(InvalidRequestError, match="builder"):
            docker_.build(dockerfile_inline="FROM bash", builder="x")
        with pytest.raises(InvalidRequestError, match="image_pull_policy"):
            docker_.run("bash", image_pull_policy="x")


def test_stop(engine: docker.APIClient) -> None:
    hook, log = recorded()

    def stop() -> None:
        wait_for("ready", lambda: "ready" in log.lines())
        hook.stop()

    thread = threading.Thread(target=stop)
    with hook as docker_:
        thread.start()
        with pytest.raises(StoppedError):
            docker_.run("bash", STUBBORN, labels={"test": "hook"})
    thread.join()
    assert ours(engine) == []


def test_an_exception_in_the_middle_stops_the_container(engine: docker.APIClient) -> None:
    """As when Airflow times a task out: a signal handler raises in the main thread."""
    hook, log = recorded()

    class OutOfTimeError(Exception):
        pass

    def handler(*_: object) -> None:
        raise OutOfTimeError

    def interrupt() -> None:
        wait_for("ready", lambda: "ready" in log.lines())
        os.kill(os.getpid(), signal.SIGUSR1)

    previous = signal.signal(signal.SIGUSR1, handler)
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(OutOfTimeError), hook as docker_:
            docker_.run("bash", STUBBORN, labels={"test": "hook"})
    finally:
        signal.signal(signal.SIGUSR1, previous)
    thread.join()
    wait_for("the container's end", lambda: not ours(engine))


def test_push_and_pull(engine: docker.APIClient, traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    with PrivateRegistry(traces.folder) as registry:
        monkeypatch.setenv(
            "AIRFLOW_CONN_GOOD",
            f'{{"conn_type": "docker", "host": "{registry.address}", '
            f'"login": "{USER}", "password": "{PASSWORD}"}}',
        )
        monkeypatch.setenv(
            "AIRFLOW_CONN_BAD",
            f'{{"conn_type": "docker", "host": "{registry.address}", '
            f'"login": "{USER}", "password": "another-password"}}',
        )
        name = f"{registry.address}/pushed:one"
        hook, log = recorded(docker_conn_id="GOOD")
        with hook as docker_:
            text = f"FROM bash\nLABEL at={time.time_ns()}\n"
            built = docker_.build(dockerfile_inline=text, tags=[name], push=True)
            assert built.digest.startswith("sha256:")
            assert f"::group::Pushing image {name}" in log.lines()
            assert docker_.push(name).digest == built.digest
            engine.remove_image(name, force=True)
            assert docker_.pull(name).id == built.image_id
            with pytest.raises(ImageNotFoundError):
                docker_.pull(f"{registry.address}/not-there")
        hook, log = recorded(docker_conn_id="BAD")
        with hook as docker_, pytest.raises(PushDeniedError):
            docker_.push(name)
        assert log.lines().count("::endgroup::") == sum("::group::" in line for line in log.lines())
        engine.remove_image(name, force=True)
