"""What all errors of ours are, and the table from a kind to its class."""

from __future__ import annotations

from typing import ClassVar

from airdock._compat import AirflowException, AirflowFailException

_BY_KIND: dict[str, type[AirdockError]] = {}


def error_class(kind: str, retryable: bool) -> type[AirdockError]:
    """
    Return the class of an error that the plugin reported.

    :param kind: its name in ErrorKind. A newer plugin may send one that is unknown here.
    :param retryable: what the plugin says; it decides for a kind that is unknown here.
    """
    return _BY_KIND.get(kind) or (AirdockError if retryable else AirdockFatalError)


class AirdockError(AirflowException):
    """
    A call failed; another try may help.

    ``kind`` is the name in the protocol's ErrorKind, empty when the plugin itself failed.
    ``retryable`` says whether the same call may succeed later without any change.
    """

    kind: ClassVar[str] = ""
    retryable: ClassVar[bool] = True

    def __init_subclass__(cls, kind: str = "") -> None:
        super().__init_subclass__()
        if kind:
            cls.kind = kind
            cls.__module__ = "airdock.exceptions"  # A log names what a DAG file can import.
            _BY_KIND[kind] = cls


class AirdockFatalError(AirdockError, AirflowFailException):
    """A call failed and no retry can help: Airflow fails the task at once."""

    retryable: ClassVar[bool] = False
