"""Functions in containers, on the real engine, without Airflow's task runner."""

from __future__ import annotations

import hashlib
import io
import re
import sys
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest
from decorated import IMAGE, FunctionTask
from downloads import modules
from support import Traces, wait_for

from airdock._compat import AirflowSkipException
from airdock.decorators import docker as decorator
from airdock.exceptions import (
    ContainerFailedError,
    ContainerSkippedError,
    FunctionFailedError,
    InvalidRequestError,
    RemoteTraceback,
    ResultTooLargeError,
)

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]

THIS = Path(__file__)


@pytest.fixture
def task(traces: Traces) -> Callable[..., FunctionTask]:
    return lambda function, *args, **parameters: FunctionTask(traces.dag_id, function, *args, **parameters)


def fails(task: FunctionTask, kind: type[BaseException]) -> Any:
    with pytest.raises(kind) as caught:
        task.execute()
    assert type(caught.value) is kind
    return caught.value


# Arguments and results.


def add(x: Unknown, *more: int, key: int = 0) -> Any:  # noqa: F821
    return {"sum": x + sum(more) + key, "tuple": (x,)}


def nothing() -> None:
    return None


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


# Exceptions.


def raises_here(x: int) -> None:
    def inner() -> None:
        raise ValueError("no good", x)  # the line

    try:
        inner()
    except ValueError as error:
        raise KeyError("the key") from error


def raises_its_own() -> None:
    class OwnError(Exception):
        pass

    raise OwnError("mine")


def raises_what_cannot_be_made_again() -> None:
    raise (
        UnicodeDecodeError("utf-8", b"x", 0, 1, "why")
        if False
        else __import__("json").JSONDecodeError("no", "doc", 0)
    )


def line_of(text: str) -> int:
    return next(n for n, line in enumerate(THIS.read_text().split("\n"), 1) if line.strip().endswith(text))


def test_an_exception_comes_back_with_its_traceback(task: Any) -> None:
    made = task(raises_here, 7)
    error = fails(made, KeyError)
    assert error.args == ("the key",)
    assert isinstance(error.__cause__, RemoteTraceback)
    shown = str(error.__cause__)
    assert (
        f'File "{THIS}", line {line_of("# the line")}, in inner\n    raise ValueError("no good", x)' in shown
    )
    assert "direct cause" in shown
    assert "run.py" not in shown
    # Once: not in the container's output, too.
    assert not any("Traceback" in line for line in made.log.lines())


def test_an_exception_that_cannot_come_back(task: Any) -> None:
    error = fails(task(raises_its_own), FunctionFailedError)
    assert (error.remote_type, error.remote_message, error.exit_code) == (
        "raises_its_own.<locals>.OwnError",
        "mine",
        1,
    )
    assert str(error) == "raises_its_own.<locals>.OwnError: mine"
    assert "in raises_its_own" in error.remote_traceback
    assert error.remote_traceback in str(error.__cause__)


def test_with_json_an_exception_is_text(task: Any) -> None:
    error = fails(task(raises_here, 7, serializer="json"), FunctionFailedError)
    assert (error.remote_type, error.remote_message) == ("KeyError", "'the key'")


def unpicklable() -> Any:
    return lambda: 0


def test_a_result_that_cannot_be_written(task: Any) -> None:
    error = fails(task(unpicklable), TypeError)
    assert str(error).startswith("The function's result, of type function, cannot be serialized: ")


def missing_file() -> None:
    raise RuntimeError("before the file was there")


def test_what_the_function_raised_comes_before_what_is_missing_for_it(task: Any, folder: Path) -> None:
    files = {"output_files": {str(folder / "out"): "/out"}}
    assert str(fails(task(missing_file, **files), RuntimeError)) == "before the file was there"


def skips() -> None:
    from airflow.exceptions import AirflowSkipException

    raise AirflowSkipException("not today")


def test_an_image_with_airflow_can_skip(task: Any) -> None:
    """The image has no Airflow; what stands for it is known by the same name."""
    stub = {"/stub/airflow/__init__.py": b"", "/stub/airflow/exceptions.py": STUB}
    with pytest.raises(AirflowSkipException, match="not today"):
        task(skips, input_files=stub, environment={"PYTHONPATH": "/stub"}).execute()


STUB = "class AirflowSkipException(Exception):\n    pass\n"


def leaves(code: int) -> None:
    import sys

    sys.exit(code)


def test_exit_codes(task: Any) -> None:
    assert fails(task(leaves, 3), ContainerFailedError).exit_code == 3
    assert fails(task(leaves, 3, skip_on_exit_code=3), ContainerSkippedError).exit_code == 3
    assert fails(task(missing_file, skip_on_exit_code=[1]), ContainerSkippedError).exit_code == 1
    assert task(leaves, 0).execute() is None


# The image.


def who() -> Any:
    import os

    return os.getuid(), os.access("/airdock", os.W_OK), os.getcwd()


def test_another_user_and_a_read_only_root(task: Any) -> None:
    assert task(who, user="1234:99", working_dir="/srv").execute() == (1234, True, "/srv")
    assert task(who, user="nobody", read_only=True, mount_tmp_dir=True).execute() == (65534, False, "/")
    error = fails(task(who, read_only=True), InvalidRequestError)
    assert "/airdock cannot be put into the container, whose root file system is read-only" in str(error)


def test_a_serializer_that_is_missing(task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    error = fails(task(nothing, serializer="dill"), FunctionFailedError)
    assert str(error) == "ImportError: The image has no Python module dill, which serializer='dill' needs."
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    error = fails(task(nothing, serializer="cloudpickle"), InvalidRequestError)
    assert str(error) == "The worker has no module cloudpickle, which serializer='cloudpickle' needs."


# With json nothing is unpickled.

HOSTILE = """\
import os, pickle, sys
class Evil:
    def __reduce__(self):
        return (open, ("{mark}", "w"))
folder = sys.argv[-1]
for name in sys.argv[1].split(","):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(pickle.dumps(Evil()))
sys.exit("exception.json" in sys.argv[1])
"""


def test_with_json_the_worker_unpickles_nothing(task: Any, folder: Path) -> None:
    mark = folder / "evil"

    def hostile(names: str, serializer: str) -> FunctionTask:
        command = f"python3 /hostile.py {names}"
        files = {"/hostile.py": HOSTILE.format(mark=mark)}
        return task(nothing, serializer=serializer, python_command=command, input_files=files)

    for names in ("result", "exception", "result,exception", "exception.json,exception"):
        made = hostile(names, "json")
        if names == "exception":
            assert made.execute() is None
        else:
            fails(made, InvalidRequestError)
        assert not mark.exists(), names
    hostile("result", "pickle").execute()
    assert mark.exists()  # the test would have seen it


@pytest.fixture(scope="module")
def bare_image(engine: docker.APIClient, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An image with dill and cloudpickle and without any shell."""
    import dill

    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        archive.add(modules() / "cloudpickle", "cloudpickle")
        archive.add(
            Path(dill.__file__).parent, "dill", filter=lambda entry: None if "test" in entry.name else entry
        )
        script = (
            f"FROM {IMAGE}\nCOPY dill /modules/dill\nCOPY cloudpickle /modules/cloudpickle\n"
            "ENV PYTHONPATH=/modules\n"
            'RUN ["python3", "-c", "import glob, os; [os.remove(f) for f in glob.glob(\'/bin/*sh\')]"]\n'
        ).encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(script)
        archive.addfile(entry, io.BytesIO(script))
    context.seek(0)
    name = f"airdock-test-bare-{tmp_path_factory.getbasetemp().name}:latest"
    lines = list(engine.build(fileobj=context, custom_context=True, tag=name, decode=True, rm=True))
    assert "error" not in lines[-1], lines
    yield name
    engine.remove_image(name, force=True)


def gives_a_function(function: Callable[[int], int]) -> Any:
    import os

    return os.path.exists("/bin/sh"), function(1), lambda x: x + 100


@pytest.mark.parametrize("serializer", ["dill", "cloudpickle"])
def test_an_image_without_a_shell(
    serializer: str, bare_image: str, task: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(modules())
    given = eval("lambda x: x + 10", {"__name__": "__main__"})
    made = task(gives_a_function, given, serializer=serializer, image=bare_image)
    shell, result, function = made.execute()
    assert (shell, result, function(1)) == (False, 11, 101)
