"""Values that nobody shall read.

They are in no log, no error and no process list, and masked where a container prints them.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest
from registry_server import USER, PrivateRegistry
from support import Airflow, RecordingLog, Task, Traces

from airdock.exceptions import AirdockError, ContainerFailedError

pytestmark = pytest.mark.engine

# Recognisable, and of several kinds: with what a shell, JSON and a regular expression would change.
TOKEN = "tok-7f3a.9 $HOME \"q\" 'p' \\n (x)*"
PASSWORD = "registry-4d1f-password"
KEY = "-----BEGIN KEY-----\nfirst-line-of-5b2e\nsecond-line-of-5b2e\n-----END KEY-----\n"
CONTENT = "content-of-file-81c0\nand-its-second-line-81c0"
MARKS = ("tok-7f3a", "registry-4d1f", "of-5b2e", "81c0")

SECRETS = {
    "private_environment": {"TOKEN": TOKEN, "KEY": KEY},
    "secret_files": {"/run/secrets/file": CONTENT, "/run/secrets/key": KEY.encode()},
}


class EverythingLog(RecordingLog):
    def isEnabledFor(self, level: int) -> bool:
        return True


@contextmanager
def watched_processes() -> Iterator[list[str]]:
    """Look at the arguments of every process of this machine, over and over; the engine's are among them."""
    found: list[str] = []
    over = threading.Event()
    looks = 0

    def look() -> None:
        nonlocal looks
        while not over.wait(0.01):
            looks += 1
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    arguments = path.read_bytes().decode(errors="replace")
                except OSError:
                    continue
                if any(mark in arguments for mark in MARKS):
                    found.append(arguments)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
        assert looks > 1


def shown(text: str) -> list[str]:
    return [mark for mark in MARKS if mark in text]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateRegistry]:
    with PrivateRegistry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture(autouse=True)
def loud(registry: PrivateRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is logged that can be, and a login goes with every run."""
    monkeypatch.setenv("AIRDOCK_LOG_LEVEL", "trace")
    monkeypatch.setenv("AIRFLOW_CONN_REGISTRY", f"docker://{USER}:{PASSWORD}@{registry.address}")


def run(traces: Traces, **parameters: Any) -> tuple[Any, str, BaseException | None]:
    """Return the result, all that was logged, and the error."""
    task = Task(traces.dag_id, **{"docker_conn_id": "registry"} | SECRETS | parameters)
    log = EverythingLog()
    type(task.operator).log = property(lambda self: log)  # type: ignore[assignment]
    result = error = None
    try:
        result = task.execute()
    except BaseException as raised:
        error = raised
    assert traces.containers() == []
    return result, "\n".join(log.lines()), error


def test_a_run_shows_nothing(traces: Traces) -> None:
    script = 'test "$(cat /run/secrets/file)" && test "$TOKEN" && sleep 0.5; echo ${#TOKEN} ${#KEY}'
    with watched_processes() as seen:
        result, logged, error = run(traces, command=["bash", "-c", script])
    assert error is None
    assert result == f"{len(TOKEN)} {len(KEY)}"
    assert shown(logged) == []
    assert seen == []
    assert "Container " in logged


def test_the_plugins_environment_has_none(traces: Traces) -> None:
    environments: list[bytes] = []

    def look(*_: object) -> None:
        environments.extend(Path(f"/proc/{pid}/environ").read_bytes() for pid in traces.plugins())

    timer = threading.Timer(0.7, look)
    timer.start()
    run(traces, command=["sleep", "2"])
    timer.join()
    assert environments
    assert [shown(environment.decode()) for environment in environments] == [[]]
    assert b"AIRFLOW" not in environments[0]


@pytest.mark.parametrize(
    "parameters",
    [
        {"command": ["sh", "-c", "exit 3"], "image": "busybox"},
        {"image": "busybox", "command": ["no-such-program"]},
        {"mem_limit": "much"},
        {"network_mode": "no-such-network"},
        {"mounts": [docker.types.Mount("/x", "/no/such/folder", type="bind")]},
        {"image": "REGISTRY/no-such-image:1"},
        {"extra_config": {"HostConfig": 1}},
        {"private_environment": {"": TOKEN}},
        {"private_environment": {"A=B": TOKEN, "": KEY}},
        {"private_environment": {"A\0B": TOKEN}},
        {"private_environment": {"A": TOKEN + "\0"}},
        {"private_environment": {"A": TOKEN + "\udc80"}},
        {"private_environment": {"A": TOKEN.encode() + b"\xff"}},
        {"private_environment": {1: TOKEN}},
        {"private_environment": {"A": TOKEN + "{{"}},
        {"private_environment": {"A": TOKEN + "{% tok-7f3a %}"}},
        {"private_environment": {"A": TOKEN + "{{ no_such.name }}"}},
        {"secret_files": {"relative": CONTENT}},
        {"secret_files": {"/": CONTENT}},
        {"secret_files": {"/etc": CONTENT}},
        {"secret_files": {"/proc/x": CONTENT}},
        {"secret_files": {"/x": CONTENT + "\udc80"}},
        {"secret_files": {"/dev/null/x": CONTENT}},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_a_failure_shows_nothing(
    parameters: dict[str, Any], registry: PrivateRegistry, traces: Traces
) -> None:
    if "image" in parameters:
        parameters = parameters | {"image": parameters["image"].replace("REGISTRY", registry.address)}
    _, logged, error = run(traces, **{"command": "true"} | parameters)
    told = logged + repr(error) + "".join(traceback.format_exception(error)) if error else logged
    print(told)
    assert shown(told) == []
    if "private_environment" not in parameters and "secret_files" not in parameters:
        assert isinstance(error, (AirdockError, ContainerFailedError))


def test_a_wrong_password_is_not_shown(
    registry: PrivateRegistry, traces: Traces, engine: docker.APIClient
) -> None:
    image = registry.push(engine, "busybox")
    with watched_processes() as seen:
        _, logged, error = run(traces, image=image, command=["true"])
    assert isinstance(error, AirdockError)
    assert error.kind == "PULL_DENIED"
    assert shown(logged + repr(error)) == []
    assert seen == []


def test_the_operator_keeps_its_secrets_to_itself() -> None:
    operator = Task("dag", **SECRETS).operator
    assert not {"private_environment", "secret_files"} & set(operator.template_fields)
    assert (
        shown(repr(operator) + str({name: getattr(operator, name) for name in operator.template_fields}))
        == []
    )


# What the container prints.

PRINT = (
    'echo "token: $TOKEN."; echo "$KEY"; cat /run/secrets/file; echo; echo "$TOKEN" >&2; '
    'echo "open: $OPEN"; echo "short: ${TOKEN:0:3}."'
)


@pytest.mark.parametrize("code", [0, 3])
def test_what_a_container_prints_is_masked(code: int, airflow: Airflow, traces: Traces) -> None:
    """With Airflow's own log handlers."""
    parameters = {
        "command": ["bash", "-c", f"{PRINT}; exit {code}"],
        "environment": {"OPEN": "an-open-value"},
        "private_environment": SECRETS["private_environment"],
        "secret_files": {"/run/secrets/file": CONTENT},
        "docker_conn_id": "registry",
    }
    levels = {"AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG", "AIRDOCK_LOG_LEVEL": "trace"}
    task = airflow.tasks_test(traces, parameters, **levels)
    task.wait(120)
    log = task.log()
    assert ("ContainerFailedError" in log) == (code != 0), log[-4000:]
    assert "open: an-open-value" in log
    assert "token: ***." in log
    assert log.count("[stderr] ***") == 1
    assert "short: tok." in log, "a part of it is no secret"
    # Airflow 3.3's in-process supervisor, which only tests use, shows in debug what it is asked to mask.
    lines = [line for line in log.splitlines() if "msg=MaskSecret(" not in line]
    assert [line for line in lines if shown(line)] == []
    if code:
        assert "the end of stderr" in log
    assert traces.all() == {}


def test_secret_files_are_in_no_inspect(traces: Traces, engine: docker.APIClient) -> None:
    Task(traces.dag_id, command="true", auto_remove="never", secret_files=SECRETS["secret_files"]).execute()
    (container,) = traces.containers()
    assert shown(str(engine.inspect_container(container))) == []
