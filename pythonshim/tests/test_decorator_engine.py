"""Functions in containers, what goes in and comes out: on the real engine, without Airflow's task runner."""

from __future__ import annotations

import hashlib
import re
import threading
from pathlib import Path
from typing import Any

import docker
import pytest
from decorated import fails, nothing
from support import Traces, wait_for

from airdock.decorators import docker as decorator
from airdock.exceptions import (
    ResultTooLargeError,
)

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]

THIS = Path(__file__)


# Arguments and results.


def add(x: Unknown, *more: int, key: int = 0) -> Any:  # noqa: F821
    return {"sum": x + sum(more) + key, "tuple": (x,)}


def over(size: int) -> Any:
    import os

    os.environ["SIZE"] = str(size)
    return b"x" * size


def test_arguments_and_results(task: Any) -> None:
    assert task(add, 1, 2, 3, op_kwargs={"key": 4}).execute() == {"sum": 10, "tuple": (1,)}
    assert task(add, 1, serializer="json").execute() == {"sum": 1, "tuple": [1]}
    assert task(nothing).execute() is None
    assert task(nothing, serializer="json").execute() is None


def digest(data: Any) -> tuple[int, str]:
    import hashlib

    return len(data), hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


@pytest.mark.parametrize("serializer", ["pickle", "json"])
def test_50_megabytes_of_arguments(serializer: str, task: Any) -> None:
    text = "0123456789" * 5_000_000
    expected = (len(text), hashlib.sha256(text.encode()).hexdigest())
    assert tuple(task(digest, text, serializer=serializer).execute()) == expected
    if serializer == "pickle":
        assert task(digest, text.encode()).execute() == expected


def test_a_large_result_and_one_that_is_too_large(task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert task(over, 20_000_000).execute() == b"x" * 20_000_000
    monkeypatch.setattr(decorator, "PICKLE_LIMIT", 1000)
    error = fails(task(over, 1001), ResultTooLargeError)
    assert re.search(r"/airdock/result .* \d{4} bytes, and 1000 are allowed", str(error))


def lazily() -> Any:
    yield 1
    return "end"


async def later() -> str:
    import asyncio

    await asyncio.sleep(0)
    return "later"


def test_generators_and_coroutines_run_to_their_end(task: Any) -> None:
    made = task(lazily)
    assert made.execute() == "end"
    assert "[stderr] WARNING:root:Ignoring a value of type int that the function yields." in made.log.lines()
    assert task(later).execute() == "later"


# Output.


def waits() -> None:
    import logging
    import os
    import time

    print("printed")
    logging.getLogger("mine").info("logged %s", "well")
    while not os.path.exists("/go"):
        time.sleep(0.05)


def test_output_is_live(task: Any, traces: Traces, engine: docker.APIClient) -> None:
    made = task(waits)
    seen = []

    def watch() -> None:
        try:
            wait_for("the lines", lambda: {"printed", "[stderr] logged well"} <= set(made.log.lines()), 30)
            seen.append("while it ran")
        finally:
            (container,) = traces.containers(running_only=True)
            engine.exec_start(engine.exec_create(container, ["touch", "/go"])["Id"])

    watcher = threading.Thread(target=watch)
    watcher.start()
    made.execute()
    watcher.join(30)
    assert seen == ["while it ran"]
