"""The connection ``airdock`` to a real engine: its test, its use, and its secret."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from airflow import __version__ as airflow_version
from certificates import self_signed
from connections import CERT_PATH, ENGINE, Connect, as_json, connector, good_fields, material
from support import SHIM, Airflow, Task, Traces

from airdock.hooks.docker import DockerHook

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    return connector(monkeypatch)


@pytest.fixture
def good() -> dict[str, Any]:
    return good_fields()


def test_good_material(connect: Connect, good: dict[str, Any], engine: Any) -> None:
    connect(**good)
    version = engine.version()
    says = f"Docker Engine {version['Version']} (API {version['ApiVersion']}) answers at {ENGINE}."
    assert DockerHook("engine").test_connection() == (True, says)
    paths = {name: str(CERT_PATH / f"{name}.pem") for name in ("ca", "cert")}
    connect(host=ENGINE, password=str(CERT_PATH / "key.pem"), extra=paths)
    assert DockerHook("engine").test_connection()[0]
    in_one_line = {name: material(f"{name}.pem").replace("\n", " ") for name in ("ca", "cert")}
    connect(host=ENGINE, password=material("key.pem").replace("\n", ""), extra=in_one_line)
    assert DockerHook("engine").test_connection()[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"extra": {"ca": "OTHER_CA"}},
            "the CA certificate that was given did not sign the certificate of the",
        ),
        ({"password": "", "extra": {"cert": ""}}, "client certificate"),
        ({"password": ""}, "a client certificate and its key go together, and only one of the two is given"),
        ({"password": "OTHER_KEY"}, "the client certificate and key: "),
        ({"password": "/no/such/key.pem"}, "/no/such/key.pem"),
        ({"password": "", "extra": {"tls": False, "ca": "", "cert": ""}}, "TLS"),
        ({"port": 1}, "127.0.0.1:1"),
        ({"host": "no-such-host.invalid"}, "no-such-host.invalid"),
        ({"host": "ftp://e"}, "is no engine address"),
        ({"extra": {"timeout": "soon"}}, "soon"),
    ],
    ids=lambda value: None if isinstance(value, str) else "+".join(value),
)
def test_the_precise_fault(
    change: dict[str, Any], says: str, good: dict[str, Any], connect: Connect, tmp_path: Path
) -> None:
    other_cert, other_key = (Path(path).read_text() for path in self_signed(tmp_path, "other"))
    change = json.loads(
        json.dumps(change)
        .replace("OTHER_CA", json.dumps(other_cert)[1:-1])
        .replace("OTHER_KEY", json.dumps(other_key)[1:-1])
    )
    connect(**good | change | {"extra": good["extra"] | change.get("extra", {})})
    worked, message = DockerHook("engine").test_connection()
    print(message)
    assert not worked
    assert says in message
    assert "Traceback" not in message
    assert "PRIVATE KEY" not in message


def test_a_missing_connection() -> None:
    worked, message = DockerHook("no-such-connection").test_connection()
    assert not worked
    assert "no-such-connection" in message


# Airflow's own commands, with the connection in its database.


def command(airflow: Airflow, traces: Traces, *arguments: str) -> str:
    environment = airflow.environment(traces.folder, SHIM / "tests" / "none") | {
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled"
    }
    done = subprocess.run(
        [sys.executable, "-m", "airflow", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture
def stored(airflow: Airflow, traces: Traces, good: dict[str, Any]) -> Iterator[dict[str, Any]]:
    added = command(airflow, traces, "connections", "add", "stored", "--conn-json", as_json(**good))
    assert "Successfully added" in added
    yield good
    command(airflow, traces, "connections", "delete", "stored")


def lines_of(key: str) -> list[str]:
    return [line for line in key.splitlines() if line and "-----" not in line]


def test_airflows_test_of_a_stored_connection(
    stored: dict[str, Any], airflow: Airflow, traces: Traces
) -> None:
    assert "Connection success" in command(airflow, traces, "connections", "test", "stored")
    broken = as_json(**stored | {"password": ""})
    command(airflow, traces, "connections", "add", "broken", "--conn-json", broken)
    told = command(airflow, traces, "connections", "test", "broken")
    assert "only one of the two is given" in " ".join(told.split())


@pytest.mark.skipif(airflow_version.startswith("2."), reason="Airflow 2's list shows all that there is")
def test_airflows_list_hides_the_key(stored: dict[str, Any], airflow: Airflow, traces: Traces) -> None:
    for options in ([], ["--show-values", "--hide-sensitive"]):
        told = command(airflow, traces, "connections", "list", "-o", "json", *options)
        assert "stored" in told
        joined = told.replace("\\n", "").replace("%0A", "").replace("\n", "")
        assert not [line for line in lines_of(stored["password"]) if line in joined or quote(line) in joined]


def test_a_task_shows_no_line_of_the_key(airflow: Airflow, traces: Traces, good: dict[str, Any]) -> None:
    """Neither its log, where the container prints the key, nor what Airflow shows of its parameters."""
    print_it = {
        "airdock_conn_id": "engine",
        "environment": {"KEY": "{{ conn.engine.password }}"},
        "command": ["bash", "-c", 'echo "$KEY"; echo "printed $(wc -l <<<"$KEY") lines"'],
    }
    environment = {
        "AIRFLOW_CONN_ENGINE": as_json(**good),
        "DOCKER_HOST": "tcp://127.0.0.1:1",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
        "AIRDOCK_LOG_LEVEL": "trace",
    }
    task = airflow.tasks_test(traces, print_it, **environment)
    code, log = task.wait(120), task.log()
    assert code == 0, log[-4000:]
    assert re.search(r"printed [1-9]\d* lines", log), log[-4000:]
    # Airflow 3.3's in-process supervisor, which only tests use, shows in debug what it is asked to mask.
    shown = [line for line in log.splitlines() if "msg=MaskSecret(" not in line]
    assert [line for line in lines_of(good["password"]) if any(line in logged for logged in shown)] == []
    assert traces.all() == {}


def test_the_operator_keeps_the_key_to_itself(traces: Traces, connect: Connect, good: dict[str, Any]) -> None:
    """What Airflow shows of a task are the fields that are templates."""
    connect(**good)
    task = Task(traces.dag_id, airdock_conn_id="engine", command="true")
    task.execute()
    shown = repr(task.operator) + str(
        {name: getattr(task.operator, name) for name in task.operator.template_fields}
    )
    assert "'airdock_conn_id': 'engine'" in shown
    assert not [line for line in lines_of(good["password"]) if line in shown + "".join(task.log.lines())]


def test_a_run_and_a_build_over_the_connection(
    connect: Connect, good: dict[str, Any], traces: Traces
) -> None:
    """One engine for both, named by nothing but the connection; nothing of the key is on a disk meanwhile."""
    connect(**good)
    line = lines_of(good["password"])[0].encode()

    def look(stream: str, text: str) -> None:
        files = [file for file in traces.folder.rglob("*") if file.is_file()]
        assert not [file for file in files if line in file.read_bytes()]
        for pid in traces.plugins():
            for part in ("cmdline", "environ"):
                assert line not in Path(f"/proc/{pid}/{part}").read_bytes()

    with DockerHook("engine") as docker:
        built = docker.build(dockerfile_inline="FROM bash\nRUN true\n")
        assert docker.run(built.image_id, "echo hello", on_line=look).last_line == "hello"
        docker.remove(built.image_id, force=True)
