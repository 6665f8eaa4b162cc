"""The decorator without an engine: its parameters, the source it sends, what a DAG file pays for it."""

from __future__ import annotations

import ast
import functools
import inspect
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.docker.decorators import docker as official
from support import REPOSITORY, SHIM
from test_imports import BASE, in_fresh_interpreter

from airdock._protocol.parameters import ContainerOptions, ContainerParameters, EngineParameters
from airdock.decorators import docker as ours
from airdock.decorators.docker import AirdockDecoratedOperator, airdock_task
from airdock.decorators.source import function_source
from airdock.exceptions import InvalidRequestError
from airdock.provider import get_provider_info

try:
    from airflow.sdk import setup, task, teardown
except ImportError:
    from airflow.decorators import setup, task, teardown


def parameters(function: Any) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(inspect.unwrap(function)).parameters)


def test_the_decorator_takes_what_the_official_one_takes() -> None:
    def plain(function: Any) -> list[tuple[str, Any, Any]]:
        return [(one.name, one.kind, one.default) for one in parameters(function).values()]

    assert plain(airdock_task) == plain(official.docker_task)
    theirs = official._DockerDecoratedOperator
    assert plain(AirdockDecoratedOperator.__init__) == plain(theirs.__init__)
    assert set(theirs.template_fields) <= set(AirdockDecoratedOperator.template_fields)


def test_editors_see_every_parameter_of_the_operator() -> None:
    tree = ast.parse((SHIM / "airdock" / "_protocol" / "signature.pyi").read_text())
    _, signature = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    seen = {one.arg: ast.unparse(one.annotation) for one in signature.args.kwonlyargs if one.annotation}
    expected = {
        name: ast.unparse(ast.parse(parameter.annotation))
        for made in (AirdockDecoratedOperator, ContainerParameters, ContainerOptions, EngineParameters)
        for name, parameter in parameters(made.__init__).items()
        if name not in ("self", "kwargs", "command", "retrieve_output", "retrieve_output_path")
    }
    assert seen == {"multiple_outputs": "bool | None", **expected}


def test_the_provider_names_the_decorator() -> None:
    (named,) = get_provider_info()["task-decorators"]
    assert named == {"name": "airdock", "class-name": "airdock.decorators.docker.airdock_task"}
    assert task.airdock is not None


def test_serializers() -> None:
    def make(**given: Any) -> AirdockDecoratedOperator:
        return AirdockDecoratedOperator(task_id="t", image="i", python_callable=lambda: 0, **given)

    assert make().serializer == "pickle"
    assert make().pickling_library is pickle
    assert make(serializer="json").pickling_library is None
    with pytest.raises(Exception, match="marshal") as caught:
        make(serializer="marshal")
    assert type(caught.value).__name__ == "AirflowException"


def test_what_runs_in_the_container() -> None:
    def command(**given: Any) -> Any:
        made = AirdockDecoratedOperator(task_id="t", image="i", python_callable=lambda: 0, **given)
        return made.command

    assert command() == ["python3", "-u", "/airdock/run.py", "/airdock"]
    assert command(python_command="'/opt/my python' -X dev")[:3] == ["/opt/my python", "-X", "dev"]
    assert command(read_only=True)[-1] == "/tmp/airflow/airdock"
    assert command(default_args={"read_only": True, "tmp_dir": "/t"})[-1] == "/t/airdock"


def test_a_dag_file_with_the_decorator_loads_no_wire_and_no_serializer() -> None:
    code = BASE + (
        "from airdock.decorators.docker import airdock_task\n"
        "before |= {n for n in sys.modules if n.startswith('airflow')}\n"
        "def f(): pass\n"
        "airdock_task(image='i', serializer='dill')(f)()\n"
        "print(json.dumps([n for n in set(sys.modules) - before if n.startswith(('grpc', 'google.', 'dill',"
        " 'cloudpickle', 'airdock._protocol.airdock'))]))"
    )
    assert json.loads(in_fresh_interpreter(code)) == []


def test_the_program_in_the_container_is_of_python_3_7() -> None:
    program = REPOSITORY / "plugin" / "function" / "in_container.py"
    tree = ast.parse(program.read_text(), feature_version=(3, 7))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    # What 3.7 has; 3.12 took nothing of it away.
    assert imported == {
        *("__future__", "asyncio", "importlib", "inspect", "json", "linecache", "logging", "os", "sys"),
        *("traceback", "types"),
    }


# The source.

shared = functools.partial(task.airdock, image="i")
in_python = task.airdock(image="i")


@setup
@shared(
    cpus=2,
)
def prepared(x: Missing = 3) -> None:  # noqa: F821
    """
    # not a comment
    """
    # a comment
    return x


@teardown
@in_python
def removed() -> int:
    return 1


@functools.lru_cache
def cached() -> int:
    return 2


def sent(function: Any) -> tuple[str, list[str]]:
    name, source = function_source(getattr(function, "function", function))
    ast.parse(source)
    return name, source.split("\n")


def test_each_line_stays_where_and_what_it_is() -> None:
    here = Path(__file__).read_text().split("\n")
    name, lines = sent(prepared)
    first = here.index("def prepared(x: Missing = 3) -> None:  # noqa: F821")
    assert name == "prepared"
    assert lines[first : first + 6] == here[first : first + 6]
    assert not any(lines[:first])


def test_decorators_that_make_a_task_go_and_others_stay() -> None:
    assert [line for line in sent(removed)[1] if line] == ["def removed() -> int:", "    return 1"]
    assert "@functools.lru_cache" in sent(cached)[1]


def test_a_function_inside_another() -> None:
    @task.airdock(image="i")
    def inner() -> str:
        return """
no indent
"""

    name, lines = sent(inner)
    assert (name, [line for line in lines if line]) == (
        "inner",
        ["if True:", "    def inner() -> str:", '        return """', "no indent", '"""'],
    )


@pytest.mark.parametrize("function", [lambda: 0, eval("lambda: 0"), len, functools.partial(cached)])
def test_what_has_no_source_is_refused(function: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"needs a function of a DAG file"):
        function_source(function)


def test_arguments_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    def write(serializer: Any, value: Any) -> None:
        made = AirdockDecoratedOperator(
            task_id="t", image="i", python_callable=removed.function, serializer=serializer, op_args=[]
        )
        made.op_args = [value]
        made._write(tmp_path)

    with pytest.raises(InvalidRequestError, match=r"arguments of removed cannot be written with .*'json'"):
        write("json", {1, 2})
    with pytest.raises(InvalidRequestError, match=r"arguments of removed cannot be written with .*'pickle'"):
        write("pickle", lambda: 0)
    write("pickle", {1, 2})
    assert ours._plain(({"a": [1]}, "s")) == ({"a": [1]}, "s")
