"""Files that a run brings back: the task's result as JSON, or as a pickle where that is asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airdock.exceptions import InvalidRequestError

if TYPE_CHECKING:
    from airdock._protocol.airdock_pb2 import ResultFile

#: Where a container leaves its result, as with Airflow's KubernetesPodOperator.
RETURN_PATH = "/airflow/xcom/return.json"
#: Bounds on a result file, in bytes. A result goes into Airflow's database.
RETURN_LIMIT = 16 << 20
PICKLE_LIMIT = 256 << 20


class ResultFiles:
    """
    The result files that a run is asked for, and what came of them.

    :param bounds: path in the container to the most bytes that are read.
    """

    def __init__(self, bounds: dict[str, int]) -> None:
        self._bounds = bounds
        self._contents: dict[str, bytearray] = {}

    def request(self) -> list[dict[str, Any]]:
        """Return the request's ``results``."""
        return [{"path": path, "max_bytes": bound} for path, bound in self._bounds.items()]

    def add(self, piece: ResultFile) -> None:
        """Take a piece of a file."""
        if piece.found:
            self._contents.setdefault(piece.path, bytearray()).extend(piece.data)

    def has(self, path: str) -> bool:
        """Return whether the container had the file."""
        return path in self._contents

    def json(self, path: str) -> Any:
        """
        Return a file's content as JSON.

        :raises InvalidRequestError: it is no JSON.
        """
        try:
            return json.loads(self._contents[path])
        except ValueError as error:
            raise InvalidRequestError(f"The container's {path} is no JSON: {error}.") from error

    def pickle(self, path: str, library: Any) -> Any:
        """
        Return what a file holds as a pickle; None when it is missing or empty, as the official operator.

        A pickle runs code of whoever wrote it. It is read only where the DAG's author asked for it.

        :param library: the module whose ``loads`` reads it.
        """
        content = self._contents.get(path)
        return library.loads(bytes(content)) if content else None
