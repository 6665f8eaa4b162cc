from __future__ import annotations

import pickle
import re

import pytest
from support import REPOSITORY

from airdock import exceptions
from airdock._compat import AirflowException, AirflowFailException
from airdock._protocol.airdock_pb2 import ErrorKind
from airdock.exceptions import (
    AirdockError,
    AirdockFatalError,
    ContainerFailedError,
    FunctionFailedError,
    error_class,
)

#: Classes of another name than their kind's, which would be one of Python's own.
OTHER_NAMES = {"FILE_NOT_FOUND": "ContainerFileNotFoundError"}


@pytest.mark.parametrize("kind", ErrorKind.keys())
def test_every_kind_has_a_class_of_its_name(kind: str) -> None:
    name = "".join(map(str.capitalize, kind.split("_"))).removesuffix("Error") + "Error"
    name = OTHER_NAMES.get(kind, name)
    found = error_class(kind, retryable=True)
    assert found is getattr(exceptions, name)
    assert found.kind == kind
    # A log names what a DAG file can import.
    assert found.__module__ == "airdock.exceptions"
    assert found.__doc__


@pytest.mark.parametrize("kind", ErrorKind.keys())
def test_retries_as_the_docs_say(kind: str) -> None:
    page = (REPOSITORY / "docs" / "errors.md").read_text()
    row = re.search(rf"^\| `{kind}` \|[^|]*\| (yes|no) \|", page, re.MULTILINE)
    assert row, f"docs/errors.md has no row for {kind}"
    expected = row[1] == "yes"
    assert error_class(kind, retryable=True).retryable is expected
    assert issubclass(error_class(kind, retryable=True), AirflowFailException) is not expected


def test_a_kind_of_a_newer_plugin() -> None:
    assert error_class("4711", retryable=True) is AirdockError
    assert error_class("4711", retryable=False) is AirdockFatalError


def test_exceptions_travel() -> None:
    error = ContainerFailedError("it failed", exit_code=3, stderr=["last words"])
    assert isinstance(error, AirflowException)
    assert not isinstance(error, AirdockError)
    copied = pickle.loads(pickle.dumps(error))
    assert (str(copied), copied.exit_code, copied.stderr) == ("it failed", 3, ["last words"])
    raised = pickle.loads(pickle.dumps(FunctionFailedError("KeyError", "'k'", "Traceback", **vars(error))))
    assert (str(raised), raised.exit_code, raised.remote_type) == ("KeyError: 'k'", 3, "KeyError")
    (lost,) = pickle.loads(pickle.dumps([exceptions.EngineLostError("gone")]))
    assert (type(lost), str(lost)) == (exceptions.EngineLostError, "gone")


def test_what_is_not_known_of_an_end() -> None:
    error = ContainerFailedError("it failed")
    assert (error.exit_code, error.signal, error.started_at, error.stderr) == (0, "", None, [])
    with pytest.raises(TypeError, match="no attribute exitcode"):
        ContainerFailedError("it failed", exitcode=3)
