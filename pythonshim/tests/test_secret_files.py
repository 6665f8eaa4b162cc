"""Secrets that a container gets: as files of its user's own, and whole."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from support import Task, Traces

from airdock.exceptions import AirdockError

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("parameters", "owner"),
    [
        ({}, "0:0"),
        ({"user": "root"}, "0:0"),
        ({"user": 1234}, "1234:0"),
        ({"user": "1234:4321"}, "1234:4321"),
        ({"user": "nobody"}, "65534:65534"),
        ({"user": "nobody:0"}, "65534:0"),
    ],
)
def test_secret_files(parameters: dict[str, Any], owner: str, traces: Traces) -> None:
    """They are the container's user's alone, who can read them; their folders are made."""
    binary = bytes(range(256)) * 10
    files = {"/run/secrets/text": "ä\n", "/made/for/it/binary": binary, "/tmp/empty": ""}
    script = (
        "stat -c '%a %u:%g %n' /run/secrets/text /made/for/it/binary /tmp/empty; "
        "cat /run/secrets/text; sha256sum < /made/for/it/binary"
    )
    task = Task(
        traces.dag_id,
        image="busybox",
        command=["sh", "-c", script],
        secret_files=files,
        xcom_all=True,
        **parameters,
    )
    assert task.execute() == [
        f"400 {owner} /run/secrets/text",
        f"400 {owner} /made/for/it/binary",
        f"400 {owner} /tmp/empty",
        "ä",
        f"{hashlib.sha256(binary).hexdigest()}  -",
    ]


def test_an_unknown_user(traces: Traces) -> None:
    with pytest.raises(AirdockError, match="nobody-here") as raised:
        Task(traces.dag_id, command="true", user="nobody-here", secret_files={"/x": "content"}).execute()
    assert raised.value.kind == "INVALID_REQUEST"
    assert traces.all() == {}


def test_secrets_are_templated(traces: Traces) -> None:
    task = Task(
        traces.dag_id,
        command=["bash", "-c", "echo $A; cat /s"],
        private_environment={"A": "{{ ti.task_id }}"},
        secret_files={"/s": "{{ ti.run_id }}"},
        xcom_all=True,
    )
    assert task.execute() == ["task", "run"]


@pytest.mark.parametrize(
    "value",
    [
        "ends-with.sh",
        "and-with.env",
        "a newline\n",
        "two\n\n",
        "\n",
        "",
        " x ",
        "$HOME `id` \\",
        "a=b",
        "100%",
        "\t",
    ],
)
def test_secrets_arrive_as_they_are(value: str, traces: Traces) -> None:
    """A private key without its last newline is none; and no value is the name of a template's file."""
    task = Task(
        traces.dag_id,
        command=["bash", "-c", "printf '%s' \"$A\" | od -An -tx1 -v; od -An -tx1 -v < /s"],
        private_environment={"A": value},
        secret_files={"/s": value},
        xcom_all=True,
    )
    octets = "".join("".join(task.execute() or []).split())
    assert octets == value.encode().hex() * 2
