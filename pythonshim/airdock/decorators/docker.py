"""The decorator ``@task.airdock``: a Python function that runs in a container."""

from __future__ import annotations

import contextlib
import importlib
import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from airdock._compat import AirflowException
from airdock.decorators.source import function_source
from airdock.exceptions import ContainerFailedError, FunctionFailedError, InvalidRequestError, RemoteTraceback
from airdock.operators.docker import DockerOperator
from airdock.output import Tail
from airdock.results import PICKLE_LIMIT, RETURN_LIMIT, ResultFiles

try:
    from airflow.sdk.bases.decorator import DecoratedOperator, task_decorator_factory
except ImportError:  # Airflow 2
    from airflow.decorators.base import DecoratedOperator, task_decorator_factory

Serializer = Literal["pickle", "cloudpickle", "dill", "json"]
#: The newest that Python 3.7 has, which the image may have.
_PICKLE_PROTOCOL = 4


class AirdockDecoratedOperator(DecoratedOperator, DockerOperator):
    """
    Run a Python function in a container; ``@task.airdock`` makes one.

    The image needs Python 3.7 or newer and nothing else. The function's source, its arguments and its
    result travel as files. What it raises is raised on the worker, with the container's traceback.

    :param python_command: what runs Python in the image, as words of a shell.
    :param expect_airflow: make the macros of Airflow's plugins known before arguments are read, if the
        image has Airflow.
    :param serializer: what writes arguments and result: ``pickle`` (default), ``cloudpickle`` or ``dill``,
        which the worker and the image then need, or ``json``. A pickle runs code of the container's author
        on the worker; with ``json`` the worker reads none.
    :param kwargs: those of DockerOperator, and of Airflow's DecoratedOperator: ``python_callable``, its
        ``op_args`` and ``op_kwargs`` (templated), and ``multiple_outputs``, a dict as an XCom for each key.
    :raises AirflowException: there is no such serializer.
    """

    custom_operator_name = "@task.airdock"
    template_fields: Sequence[str] = (*DockerOperator.template_fields, "op_args", "op_kwargs")
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **DockerOperator.template_fields_renderers,
        **DecoratedOperator.template_fields_renderers,
    }

    def __init__(
        self,
        python_command: str = "python3",
        expect_airflow: bool = True,
        serializer: Serializer | None = None,
        **kwargs: Any,
    ) -> None:
        serializer = serializer or "pickle"
        known = get_args(Serializer)
        if serializer not in known:
            raise AirflowException(f"serializer is {serializer!r}; expected one of {', '.join(known)}.")
        # Both are known when the parameters are, which may come from default_args.
        super().__init__(command="python3", retrieve_output=True, retrieve_output_path="/airdock", **kwargs)
        self.python_command = python_command
        self.expect_airflow = expect_airflow
        self.serializer = serializer
        # A read-only root takes no files; the temporary folder is a volume.
        self._folder = f"{self.tmp_dir if self.read_only and self.mount_tmp_dir else ''}/airdock"
        self.command = [*shlex.split(python_command), "-u", self._path("run.py"), self._folder]
        self.retrieve_output_path = self._path("result")

    @property
    def pickling_library(self) -> Any:
        """The module that pickles; None with ``json``."""
        return None if self.serializer == "json" else importlib.import_module(self.serializer)

    def execute(self, context: Any) -> Any:
        """
        Run the function in a container and return its result.

        :raises Exception: what the function raised, if it came back by a pickle.
        :raises FunctionFailedError: the function raised what could not come back.
        :raises InvalidRequestError: its source cannot be read, or an argument cannot be written.
        :raises ContainerFailedError: the container ended with a code other than 0 of its own.
        :raises AirdockError: it could not be run; one subclass for each reason.
        """
        with TemporaryDirectory(prefix="airdock-") as folder:
            self._write(Path(folder))
            self.input_files: Any = {**(self.input_files or {}), self._folder: Path(folder)}
            try:
                return super().execute(context)
            except ContainerFailedError as failed:
                self._raise_what_came_back(failed)
                raise

    def _write(self, folder: Path) -> None:
        """Write what the program in the container finds in its folder."""
        name, source = function_source(self.python_callable)
        call = {
            "name": name,
            "file": self.python_callable.__code__.co_filename,
            "serializer": self.serializer,
            "expect_airflow": self.expect_airflow,
        }
        (folder / "call.json").write_text(json.dumps(call), encoding="utf-8")
        (folder / "function.py").write_text(source, encoding="utf-8")
        arguments = {"args": _plain(list(self.op_args)), "kwargs": _plain(dict(self.op_kwargs))}
        try:
            with (folder / "arguments").open("wb") as file:
                if self.pickling_library is None:
                    file.write(json.dumps(arguments).encode())
                else:
                    self.pickling_library.dump(arguments, file, protocol=_PICKLE_PROTOCOL)
        except ImportError as error:
            raise InvalidRequestError(
                f"The worker has no module {self.serializer}, which serializer={self.serializer!r} needs."
            ) from error
        except Exception as error:
            raise InvalidRequestError(
                f"The arguments of {name} cannot be written with serializer={self.serializer!r}: {error}."
            ) from error

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def _files(self, *given: Any) -> list[dict[str, Any]]:
        return [*super()._files(*given), {"path": self._path("run.py"), "program": "PYTHON_FUNCTION"}]

    def _result_files(self) -> ResultFiles:
        bounds = {self._path("exception.json"): RETURN_LIMIT, self._path("result"): PICKLE_LIMIT}
        if self.serializer != "json":
            bounds[self._path("exception")] = RETURN_LIMIT
        self._came_back = ResultFiles(bounds)
        return self._came_back

    def _result(self, results: ResultFiles, keep: Tail | None) -> Any:
        if not results.has(self._path("result")):  # The function ended Python.
            return None
        if self.serializer == "json":
            return results.json(self._path("result"))
        return super()._result(results, keep)

    def _raise_what_came_back(self, failed: ContainerFailedError) -> None:
        """
        Raise what the function raised, if that is why the container failed.

        :param failed: how the container ended.
        """
        if not self._came_back.has(self._path("exception.json")):
            return
        told = self._came_back.json(self._path("exception.json"))
        error = None
        if self.serializer != "json":
            # A class that the worker lacks, or one that cannot be made again.
            with contextlib.suppress(Exception):
                error = self._came_back.pickle(self._path("exception"), self.pickling_library)
        if not isinstance(error, Exception):
            error = FunctionFailedError(told["type"], told["message"], told["traceback"], **vars(failed))
        raise error from RemoteTraceback(told["traceback"])


def _plain(value: Any) -> Any:
    """Return arguments with lists in place of the results of mapped tasks, which only the worker can read."""
    if type(value) is dict:
        return {key: _plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    if isinstance(value, Sequence) and type(value).__module__.partition(".")[0] == "airflow":
        return list(value)
    return value


if TYPE_CHECKING:
    from airdock._protocol.signature import airdock_task as airdock_task
else:

    def airdock_task(python_callable=None, multiple_outputs=None, **kwargs):
        """
        Make a task of a Python function: ``@task.airdock(image="python:3.11-slim")``.

        :param python_callable: the function.
        :param multiple_outputs: return a dict as an XCom for each key. Default: if the function is
            annotated to return one.
        :param kwargs: those of AirdockDecoratedOperator and of DockerOperator.
        """
        return task_decorator_factory(
            python_callable=python_callable,
            multiple_outputs=multiple_outputs,
            decorated_operator_class=AirdockDecoratedOperator,
            **kwargs,
        )
