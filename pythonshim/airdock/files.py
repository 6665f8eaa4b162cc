"""Files of the worker on their way into a container or a volume, and back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import Any, Literal

from airdock.exceptions import InvalidRequestError
from airdock.request import binary, text

#: What the contents in one request may measure together, in bytes: a message of gRPC is bounded.
INLINE_LIMIT = 1 << 20


@dataclass(frozen=True)
class InputFile:
    """
    A file or a folder for a container, where more is to be said of it than its source.

    :param source: a ``pathlib.Path``, or text that begins with ``/`` and is one line, is a path of the
        worker, and a folder's content becomes the content of the path in the container; any other text,
        and bytes, is a file's content.
    :param mode: permission bits of a file, such as ``0o755``. Default: the source's, or 0644 of a content.
    :param owner: ``USER[:GROUP]`` by name or number, ``source`` for the numbers of the source; default:
        the container's user.
    """

    source: str | bytes | os.PathLike[str]
    mode: int | None = None
    owner: str = ""


@dataclass(frozen=True)
class OutputFile:
    """
    What to fetch, where more is to be said of it than its path.

    :param path: a file, a folder, or a pattern with ``*``, ``?``, ``[a-z]`` and ``**``.
    :param optional: nothing there is no error.
    :param max_bytes: bound on the size of all its files together. Default: 16 GiB.
    :param links: what becomes of symbolic links that lead out of what is fetched: ``refuse`` (nothing is
        fetched, the task fails), ``skip`` (without them) or ``keep`` (as they are).
    """

    path: str
    optional: bool = False
    max_bytes: int | None = None
    links: Literal["refuse", "skip", "keep"] = "refuse"


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

    def fields(self, what: str, source: Any) -> dict[str, Any]:
        """
        Return the fields of the protocol that say what the source is.

        :param what: whose source it is, for the error.
        :param source: as InputFile has it.
        :raises InvalidRequestError: it is neither a path nor a content.
        """
        if isinstance(source, os.PathLike) or (
            isinstance(source, str) and source.startswith("/") and "\n" not in source
        ):
            return {"local_path": os.path.abspath(source)}
        if not isinstance(source, (str, bytes)):
            raise InvalidRequestError(
                f"{what} is of the type {type(source).__name__}: give a path, text or bytes."
            )
        content = source if isinstance(source, bytes) else text(what, source).encode()
        if len(content) <= self._room:
            self._room -= len(content)
            return {"content": binary(what, content)}
        file = self._stack.enter_context(NamedTemporaryFile(prefix="airdock-"))  # noqa: SIM115
        file.write(content)
        file.flush()
        return {"local_path": file.name, "mode": 0o644}


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
        fields = contents.fields(f"The source of {path}", file.source)
        mode = fields.get("mode") if file.mode is None else file.mode
        yield {"path": path, "owner": file.owner, **fields, "mode": mode}


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
