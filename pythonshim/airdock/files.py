"""Files of the worker on their way into a container or a volume, and back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from tempfile import NamedTemporaryFile
from typing import Any

from airdock._protocol.types import InputFile as InputFile
from airdock._protocol.types import OutputFile as OutputFile
from airdock.exceptions import InvalidRequestError
from airdock.request import binary, text

#: What the contents in one request may measure together, in bytes: a message of gRPC is bounded.
INLINE_LIMIT = 1 << 20


class Templates(dict[str, Any]):
    """A dict of which DockerOperator renders the keys, too, and each text to its last newline."""

    @classmethod
    def of(cls, files: Any) -> Any:
        """Return a dict of files as one; what Airflow resolves to a dict later stays as it is."""
        if not isinstance(files, Mapping):
            return files
        # As dicts: Airflow looks into those for what other tasks return.
        return cls(
            {
                path: dict(vars(file)) if isinstance(file, (InputFile, OutputFile)) else file
                for path, file in files.items()
            }
        )


class Contents:
    """
    The contents of one request: small ones travel in it, the others as temporary files.

    :param stack: what lasts as long as the request.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._room = INLINE_LIMIT

    def fields(self, what: str, source: Any, mode: int | None) -> dict[str, Any]:
        """
        Return the fields of the protocol that say what the source is.

        :param what: whose source it is, for the error.
        :param source: as InputFile has it.
        :param mode: likewise.
        :raises InvalidRequestError: it is neither a path nor a content.
        """
        if isinstance(source, os.PathLike) or (
            isinstance(source, str) and source.startswith("/") and "\n" not in source
        ):
            return {"local_path": os.path.abspath(source), "mode": mode}
        if not isinstance(source, (str, bytes)):
            raise InvalidRequestError(
                f"{what} is of the type {type(source).__name__}: give a path, text or bytes."
            )
        content = source if isinstance(source, bytes) else text(what, source).encode()
        if len(content) <= self._room:
            self._room -= len(content)
            return {"content": binary(what, content), "mode": mode}
        file = self._stack.enter_context(NamedTemporaryFile(prefix="airdock-"))  # noqa: SIM115
        file.write(content)
        file.flush()
        return {"local_path": file.name, "mode": 0o644 if mode is None else mode}


def file_objects(files: Mapping[str, Any] | None, stack: ExitStack) -> Iterator[dict[str, Any]]:
    """
    Return the request's ``files``.

    :param files: path in the container to a source, or a dict of InputFile's fields.
    :param stack: what lasts as long as the run.
    :raises InvalidRequestError: a value is none of these.
    """
    contents = Contents(stack)
    for path, value in (files or {}).items():
        file = _made(InputFile, "input_files", path, value)
        fields = contents.fields(f"The source of {path}", file.source, file.mode)
        yield {"path": path, "owner": file.owner, **fields}


def output_objects(files: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    """
    Return the request's ``outputs``.

    :param files: path of the worker to what is fetched: its path, or a dict of OutputFile's fields.
    :raises InvalidRequestError: a value is none of these.
    """
    for target, value in (files or {}).items():
        yield output_object(target, _made(OutputFile, "output_files", target, value))


def output_object(target: str | os.PathLike[str], file: OutputFile) -> dict[str, Any]:
    """Return an OutputSpec; a relative target is one of the current folder."""
    return {
        "path": os.fspath(file.path),
        # Unlike abspath it keeps the / at the end, which makes the target a folder.
        "target": os.path.join(os.getcwd(), target),
        "optional": file.optional,
        "max_bytes": file.max_bytes,
        "links": f"LINKS_{file.links.upper()}",
    }


def _made(kind: Any, parameter: str, path: str, value: Any) -> Any:
    try:
        return kind(**value) if isinstance(value, Mapping) else kind(value)
    except TypeError as error:
        raise InvalidRequestError(f"{parameter}: {path}: {error}.") from None
