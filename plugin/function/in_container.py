"""
The program that runs a task's function in its container.

Python 3.7 and its standard library have to do, whatever the worker has. Its argument is its folder, where
the host put ``call.json``, ``function.py`` and ``arguments``, and where it looks for ``result``, or for
``exception.json`` and, if the serializer may do that, ``exception``.
"""

import __future__

import asyncio
import importlib
import inspect
import json
import linecache
import logging
import os
import sys
import traceback
import types
from typing import Any

#: The newest that Python 3.7 has.
PICKLE_PROTOCOL = 4
#: The host reads no larger files of an exception: in characters, and in bytes.
TEXT_LIMIT = 1 << 16
PICKLE_LIMIT = 1 << 20
#: The exit code after an exception, as Python's own. The host knows an exception by its file.
RAISED = 1


def main(folder: str) -> int:
    """Run the function and return the program's exit code."""
    with open(os.path.join(folder, "call.json"), encoding="utf-8") as file:
        call = json.load(file)
    library = None
    try:
        library = serializer(call["serializer"])
        with open(os.path.join(folder, "arguments"), "rb") as file:
            if call["expect_airflow"]:
                load_macros()
            function = load(os.path.join(folder, "function.py"), call["file"], call["name"])
            arguments = json.loads(file.read().decode()) if library is None else library.load(file)
        result = finish(function(*arguments["args"], **arguments["kwargs"]))
        write(os.path.join(folder, "result"), library, result)
    except Exception as error:
        report(folder, library, error)
        return RAISED
    return 0


def serializer(name: str) -> Any:
    """Return the module that pickles; None for JSON."""
    if name == "json":
        return None
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"The image has no Python module {name}, which serializer={name!r} needs."
        ) from error


def load_macros() -> None:
    """Make the macros of Airflow's plugins known, of which arguments may be made, if there is an Airflow."""
    os.environ["PYTHON_OPERATORS_VIRTUAL_ENV_MODE"] = "1"  # keeps Airflow away from its database
    for name in ("airflow.sdk.plugins_manager", "airflow.plugins_manager"):
        try:
            importlib.import_module(name).integrate_macros_plugins()
        except (ImportError, AttributeError):
            continue
        return


def load(path: str, shown: str, name: str) -> Any:
    """Run the function's source as the main module, as a file of the worker, and return the function."""
    with open(path, encoding="utf-8") as file:
        source = file.read()
    # Tracebacks then have the lines; without a time nothing looks whether the file is there.
    linecache.cache[shown] = (len(source), None, source.splitlines(True), shown)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    # Annotations name what the DAG file imported, so they are left as text.
    code = compile(source, shown, "exec", __future__.annotations.compiler_flag, dont_inherit=True)
    exec(code, module.__dict__)
    return getattr(module, name)


def finish(result: Any) -> Any:
    """Return what a coroutine or a generator returns in the end, as Airflow's PythonOperator does."""
    if inspect.iscoroutine(result):
        return asyncio.run(result)
    if not inspect.isgenerator(result):
        return result
    while True:
        try:
            value = next(result)
        except StopIteration as end:
            return end.value
        logging.warning("Ignoring a value of type %s that the function yields.", type(value).__name__)


def write(path: str, library: Any, result: Any) -> None:
    """Write the result."""
    with open(path, "wb") as file:
        try:
            if library is None:
                file.write(json.dumps(result).encode())
            else:
                library.dump(result, file, protocol=PICKLE_PROTOCOL)
        except Exception as error:
            raise TypeError(
                f"The function's result, of type {type(result).__name__}, cannot be serialized: {error}"
            ) from error


def report(folder: str, library: Any, error: BaseException) -> None:
    """Write the exception, as text and as a pickle where that is possible."""
    shown = error.__traceback__.tb_next if error.__traceback__ else None  # without main
    text = "".join(traceback.format_exception(type(error), error, shown))
    kind, home = type(error).__qualname__, type(error).__module__
    told = {
        "type": kind if home in ("builtins", "__main__") else f"{home}.{kind}",
        "message": str(error)[:TEXT_LIMIT],
        "traceback": text[-TEXT_LIMIT:],
    }
    with open(os.path.join(folder, "exception.json"), "w", encoding="utf-8") as file:
        json.dump(told, file)
    if library is None:
        return
    try:
        pickled = library.dumps(error, protocol=PICKLE_PROTOCOL)
    except Exception:
        return  # the text is there
    if len(pickled) <= PICKLE_LIMIT:
        with open(os.path.join(folder, "exception"), "wb") as binary:
            binary.write(pickled)


if __name__ == "__main__":
    # Records of INFO and above are shown, as they are in a task, until the function sets up its own logging.
    logging.getLogger().setLevel(logging.INFO)
    if logging.lastResort is not None:
        logging.lastResort.setLevel(logging.INFO)
    sys.exit(main(sys.argv[1]))
