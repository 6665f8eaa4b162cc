"""The client in a plain Python program, where there is no Airflow."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from support import SHIM, RecordingLog, Traces, sh

from airdock.client import Client
from airdock.exceptions import ContainerFailedError, InvalidRequestError, PluginDiedError
from airdock.output import OUTPUT_LIMIT

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]


class Recorded(Client):
    def __init__(self, **engine: str) -> None:
        super().__init__(**engine)
        self.recording = RecordingLog()

    @property
    def log(self) -> RecordingLog:
        return self.recording


def plain_python(program: str, folder: Path) -> str:
    """Run a program in an interpreter that has grpc and what it needs, and no Airflow."""
    refuse = """
        import sys
        from importlib.abc import MetaPathFinder
        class NoAirflow(MetaPathFinder):
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in ("airflow", "structlog", "sqlalchemy", "flask_appbuilder"):
                    raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        sys.meta_path.insert(0, NoAirflow())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(refuse) + textwrap.dedent(program)],
        env={name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        | {"PYTHONPATH": str(SHIM), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_airflow(traces: Traces) -> None:
    """From the DOCKER_* variables, and from explicit arguments."""
    told = plain_python(
        """
        import logging, os
        from airdock.client import Client
        from airdock.exceptions import ContainerFailedError, ImageNotFoundError
        logging.basicConfig(level=logging.INFO, format="LOG %(message)s", stream=sys.stdout)
        with Client() as docker:
            print("SAID engine", docker.info().host)
            result = docker.run("bash", "bash -c 'echo $WORD'", environment={"WORD": "hello"})
            print("SAID result", result.exit_code, result.lines)
            try:
                docker.run("bash", ["bash", "-c", "exit 3"])
            except ContainerFailedError as error:
                print("SAID failed", error.exit_code)
            try:
                docker.inspect("no-such-image")
            except ImageNotFoundError as error:
                print("SAID kind", error.kind)
        files = {f"tls_{long}": f"{os.environ['DOCKER_CERT_PATH']}/{short}.pem" for long, short in
                 (("ca_cert", "ca"), ("client_cert", "cert"), ("client_key", "key"))}
        host = os.environ.pop("DOCKER_HOST")
        with Client(docker_url=host, **files) as docker:
            print("SAID engine", docker.info().host)
        assert "airflow" not in sys.modules
        """,
        traces.folder,
    )
    host = os.environ["DOCKER_HOST"]
    said = [line.removeprefix("SAID ") for line in told.splitlines() if line.startswith("SAID ")]
    engine = f"engine {host}"
    assert said == [engine, "result 0 ['hello']", "failed 3", "kind IMAGE_NOT_FOUND", engine]
    assert "LOG hello" in told.splitlines()


def test_one_plugin_serves_all_calls_of_a_block(traces: Traces) -> None:
    seen = []

    def look(*_: str) -> None:
        seen.extend(traces.plugins())

    with Recorded() as docker:
        docker.info()
        look()
        docker.run("bash", sh("echo a"), on_line=look)
        with pytest.raises(ContainerFailedError):
            docker.run("bash", sh("exit 1"))
        docker.build(dockerfile_inline="FROM bash\nRUN true\n", tags=["airdock-test-client"])
        docker.remove("airdock-test-client")
        look()
        assert threading.active_count() < 10
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert traces.plugins() == []


def test_two_clients_at_a_time_do_not_share(traces: Traces) -> None:
    with Recorded() as one, Recorded() as other:
        assert one.info() == other.info()
        assert len(traces.plugins()) == 2


def test_lines_as_they_come() -> None:
    heard = []
    with Recorded() as docker:
        result = docker.run(
            "bash", sh("echo one; echo two >&2; printf three"), on_line=lambda *heard_: heard.append(heard_)
        )
    assert sorted(heard) == [("stderr", "two"), ("stdout", "one"), ("stdout", "three")]
    assert result.lines == ["one", "three"]
    assert result.last_line == "three"
    assert {"one", "[stderr] two", "three"} <= set(docker.recording.lines("info"))


def test_an_error_of_the_listener_stops_the_container(
    traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    class HeardError(Exception):
        pass

    def listen(stream: str, line: str) -> None:
        raise HeardError

    monkeypatch.setattr("airdock.call.Plugin", None)  # the block's own is there to stop it
    with Recorded() as docker:
        with pytest.raises(HeardError):
            docker.run("bash", sh("echo a; sleep 600"), labels={"dev.test": traces.dag_id}, on_line=listen)
        assert docker.info(), "the plugin goes on"
    assert docker.recording.lines("error", "warning") == []
    assert engine_containers(traces) == []


def engine_containers(traces: Traces) -> list[str]:
    assert traces._engine is not None
    return [
        c["Id"] for c in traces._engine.containers(all=True, filters={"label": f"dev.test={traces.dag_id}"})
    ]


def test_the_output_is_bounded() -> None:
    with Recorded() as docker:
        result = docker.run("bash", sh("head -c 3000000 /dev/zero | tr '\\0' x | fold -w 99; echo; echo end"))
    assert result.truncated
    assert result.last_line == "end"
    assert OUTPUT_LIMIT // 2 < len(result.output) <= OUTPUT_LIMIT


def test_fields_by_the_protocols_names() -> None:
    with Recorded() as docker:
        result = docker.run(
            "bash",
            sh("cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory.max 2>/dev/null; id -u; hostname"),
            memory=64 << 20,
            user=1234,
            hostname="named",
            request={"run_timeout": "60s"},
        )
        assert result.lines == [str(64 << 20), "1234", "named"]
        with pytest.raises(InvalidRequestError, match='no parameter "hostnam"') as raised:
            docker.run("bash", hostnam="x")
        assert "\n" not in str(raised.value)
        with pytest.raises(InvalidRequestError, match="memory"):
            docker.run("bash", memory="much")
        with pytest.raises(InvalidRequestError, match='no parameter "tagz"'):
            docker.build(dockerfile_inline="FROM bash", tagz="x")


def test_images(tag: str) -> None:
    other = tag.replace(":latest", ":other")
    with Recorded() as docker:
        built = docker.build(dockerfile_inline="FROM bash\nLABEL a=b\n", tags=tag)
        assert docker.tag(tag, other).tags == [tag, other]
        image = docker.inspect(other)
        assert (image.id, image.labels, image.os) == (built.image_id, {"a": "b"}, "linux")
        assert image.created.endswith("Z")
        assert docker.remove(other).untagged == [other]
        assert docker.remove("no-such-image").deleted == []


def test_volumes(traces: Traces) -> None:
    with Recorded() as docker:
        volume = docker.volumes.create(labels={"dev.test": traces.dag_id})
        try:
            assert volume.name in [found.name for found in docker.volumes.list(filters={"label": "dev.test"})]
        finally:
            assert docker.volumes.remove(volume.name).removed == [volume.name]


def test_outside_of_a_block() -> None:
    for client in (Client(), Recorded()):
        with pytest.raises(InvalidRequestError, match=f"with {type(client).__name__}"):
            client.info()
    with Recorded() as docker:
        pass
    with pytest.raises(InvalidRequestError, match="with block"):
        docker.run("bash", "ls")


def test_an_unknown_argument() -> None:
    with pytest.raises(TypeError, match="docker_host"):
        Client(docker_host="tcp://e:1")


def test_a_plugin_that_is_killed(traces: Traces) -> None:
    """Its container is stopped by another plugin, and the block's next call says what happened."""

    def kill(stream: str, line: str) -> None:
        for pid in traces.plugins():
            os.kill(pid, 9)

    with Recorded() as docker:
        with pytest.raises(PluginDiedError):
            docker.run("bash", sh("echo a; sleep 600"), labels={"dev.test": traces.dag_id}, on_line=kill)
        assert engine_containers(traces) == []
        with pytest.raises(PluginDiedError, match="SIGKILL"):
            docker.info()
