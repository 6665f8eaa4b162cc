"""Between plain data and generated messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from airdock.exceptions import AirdockError, InvalidRequestError, error_class

if TYPE_CHECKING:
    from google.protobuf.message import Message

    M = TypeVar("M", bound=Message)


def fill(fields: Mapping[str, Any], message: M) -> M:
    """
    Return a message with its fields set.

    :param fields: the fields in the protocol's JSON form.
    :param message: an empty message.
    :raises InvalidRequestError: a value has a type that its field cannot take.
    """
    from google.protobuf import json_format

    try:
        json_format.ParseDict(dict(fields), message)
    except json_format.ParseError as error:
        # Its further lines list all fields in another spelling than ours.
        words = str(error).partition("\n")[0].rstrip(".")
        raise InvalidRequestError(f"A parameter has a wrong name or type: {words}.") from error
    return message


def failure(trailing_metadata: Iterable[Any]) -> AirdockError | None:
    """
    Return the error that the plugin gave as the detail of a call's status, if it gave one.

    :param trailing_metadata: of the call that failed.
    """
    from google.rpc.status_pb2 import Status

    from airdock._protocol import airdock_pb2

    for name, value in trailing_metadata:
        if name != "grpc-status-details-bin" or not isinstance(value, bytes):
            continue
        for detail in Status.FromString(value).details:
            message = airdock_pb2.Error()
            if detail.Unpack(message):
                known = message.kind in airdock_pb2.ErrorKind.values()
                kind = airdock_pb2.ErrorKind.Name(message.kind) if known else str(message.kind)
                return error_class(kind, message.retryable)(message.message)
    return None
