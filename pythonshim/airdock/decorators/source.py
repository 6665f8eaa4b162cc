"""The source of a task's function, as it runs in the container."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

from airdock.exceptions import InvalidRequestError

# As DAG files have it by custom; a decorator by another name is looked up.
_NAMES = {"task", "setup", "teardown", "airdock_task"}


def function_source(function: Callable[..., Any]) -> tuple[str, str]:
    """
    Return the function's name, and its source without the decorators that make a task of it.

    Every line has the number and, to the last space, the text that it has in the DAG file: a traceback
    says where to look, and a text over several lines stays as it is.

    :param function: a function of a file, made with ``def`` or ``async def``.
    :raises InvalidRequestError: there is no such source.
    """
    try:
        lines, first = inspect.getsourcelines(function)
        if lines[0][0].isspace():
            # What is indented needs a head; a line before it is always there to take its place.
            lines, first = ["if True:\n", *lines], first - 1
        (node,) = ast.parse("".join(lines)).body
        if isinstance(node, ast.If):
            (node,) = node.body
        inner = inspect.unwrap(function)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.name != inner.__name__:
            raise ValueError("it is not made with def")
    except (OSError, TypeError, SyntaxError, ValueError) as error:
        name = getattr(function, "__name__", function)
        raise InvalidRequestError(
            f"The source of {name} cannot be read ({error}): @task.airdock needs a function of a DAG file."
        ) from error
    for decorator in node.decorator_list:
        if _makes_a_task(decorator, inner.__globals__):
            end = decorator.end_lineno or decorator.lineno
            lines[decorator.lineno - 1 : end] = ["\n"] * (end - decorator.lineno + 1)
    return node.name, "\n" * (first - 1) + "".join(lines)


def _makes_a_task(decorator: ast.expr, names: dict[str, Any]) -> bool:
    """Return whether a decorator is Airflow's or ours, by its name or by what that stands for."""
    while isinstance(decorator, ast.Call):
        decorator = decorator.func
    path = ast.unparse(decorator).split(".")
    found = names.get(path[0])
    found = getattr(found, "func", found)  # of a functools.partial
    package = str(getattr(found, "__module__", "")).partition(".")[0]
    return bool(_NAMES.intersection(path)) or package in ("airflow", "airdock")
