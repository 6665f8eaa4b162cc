from __future__ import annotations

import pickle
import re

import pytest
from support import REPOSITORY

from airdock import exceptions
from airdock._compat import AirflowException, AirflowFailException
from airdock._protocol.airdock_pb2 import ErrorKind
from airdock.exceptions import AirdockError, AirdockFatalError, ContainerFailedError, error_class

#: Classes of another name than their kind's, which would be one of Python's own.
OTHER_NAMES = {"FILE_NOT_FOUND": "ContainerFileNotFoundError"}


@pytest.mark.parametrize("kind", ErrorKind.keys())
def test_every_kind_has_a_class_of_its_name(kind: str) -> None:
    name = "".join(map(str.capitalize, kind.split("_"))).removesuffix("Error") + "Error"
    name = OTHER_NAMES.get(kind, name)
    found = error_class(kind, retryable=True)
    assert found is getattr(exceptions, name)
    assert found.kind == kind
    assert found.__doc__


@pytest.mark.parametrize("kind", ErrorKind.keys())
def test_retries_as_the_plugin_says(kind: str) -> None:
    source = (REPOSITORY / "protocol" / "errors.go").read_text()
    retryable = re.search(r"\) Retryable\(\) bool \{\s*switch k \{(.*?)return true", source, re.DOTALL)
    assert retryable, "protocol/errors.go has no longer the switch that this test reads"
    expected = kind in re.findall(r"ErrorKind_(\w+)", retryable[1])
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
