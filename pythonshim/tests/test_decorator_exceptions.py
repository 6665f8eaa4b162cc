"""What a function in a container raises, on the real engine, without Airflow's task runner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from decorated import fails

from airdock._compat import AirflowSkipException
from airdock.exceptions import (
    ContainerFailedError,
    ContainerSkippedError,
    FunctionFailedError,
    RemoteTraceback,
)

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]

THIS = Path(__file__)


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
