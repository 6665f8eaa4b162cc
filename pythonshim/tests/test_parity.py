"""Whether a DAG that changes its import from the official operator to ours runs the same containers."""

from __future__ import annotations

import contextlib
import inspect
import os
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import docker
import pytest
import test_parity_behaviour
import test_parity_engine
from airflow.providers.docker.operators.docker import DockerOperator as Official
from parity_cases import BEHAVIOURS, CASES, DIFFERENCES, Case, Place
from side_by_side import Outcome, SideBySide
from support import REPOSITORY

from airdock.operators.docker import DockerOperator

NAMES = [f"{parameter}-{number}" for parameter, values in CASES.items() for number in range(len(values))]


def parameters(operator: Any) -> dict[str, inspect.Parameter]:
    """Return what may be given to an operator of a provider: its own parameters and its base classes'."""
    found: dict[str, inspect.Parameter] = {}
    for kind in operator.__mro__:
        if kind.__module__.startswith(("airdock.", "airflow.providers.")) and "__init__" in vars(kind):
            found = dict(inspect.signature(kind.__init__).parameters) | found
    found.pop("self", None)
    return found


# The signatures.


@pytest.mark.parametrize("name", [name for name in parameters(Official) if name != "kwargs"])
def test_a_parameter_is_ours_too(name: str) -> None:
    official, ours = parameters(Official)[name], parameters(DockerOperator)[name]
    assert ours.default == official.default
    assert ours.kind is official.kind
    assert constructors(ours.annotation) >= constructors(official.annotation)


def constructors(annotation: str) -> set[str]:
    """Return the members of a union: list[Mount | dict] | None gives list and None."""
    while "[" in annotation:
        annotation = re.sub(r"\[[^][]*\]", "", annotation)
    return {member.strip() for member in annotation.split("|")}


def test_constructors() -> None:
    assert constructors("list[Mount | dict[str, str]] | None") == {"list", "None"}


def test_every_parameter_has_a_case() -> None:
    assert set(CASES) | set(BEHAVIOURS) == set(parameters(Official))
    assert not set(CASES) & set(BEHAVIOURS)
    for name in BEHAVIOURS.values():
        assert hasattr(test_parity_behaviour, name) or hasattr(test_parity_engine, name)


def test_templates() -> None:
    assert set(DockerOperator.template_fields) >= set(Official.template_fields)
    assert set(DockerOperator.template_ext) >= set(Official.template_ext)
    assert DockerOperator.template_fields_renderers.items() >= Official.template_fields_renderers.items()


def test_differences_are_those_of_the_page() -> None:
    page = (REPOSITORY / "docs" / "differences.md").read_text()
    table = page.split("\n## Differences\n")[1].split("\n## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row[0]) if name in parameters(Official)]
    assert sorted(named) == sorted(DIFFERENCES)
    assert all(len(row) == 4 and len(row[3]) > 10 for row in rows[2:]), "each difference has its reason"


# The containers.


@pytest.fixture(scope="module")
def place(engine: docker.APIClient) -> Iterator[Place]:
    name = f"test-parity-{os.getpid()}"
    mirrors = engine.info()["RegistryConfig"]["Mirrors"] or ["http://127.0.0.1:5000/"]
    with tempfile.TemporaryDirectory() as folder:
        try:
            engine.create_network(name, driver="bridge")
            engine.create_volume(name)
            shareable = engine.create_host_config(ipc_mode="shareable")
            engine.create_container("busybox", "sleep 600", name=name, host_config=shareable)
            engine.start(name)
            yield Place(name, name, name, folder, mirrors[0].split("//")[1].strip("/"), free_port)
        finally:
            for remove in (
                lambda: engine.remove_container(name, force=True, v=True),
                lambda: engine.remove_network(name),
                lambda: engine.remove_volume(name),
            ):
                removed(remove)


def removed(remove: Callable[[], Any]) -> None:
    with contextlib.suppress(docker.errors.NotFound):
        remove()


def free_port() -> int:
    with socket.create_server(("", 0)) as server:
        return int(server.getsockname()[1])


Outcomes = dict[str, "Future[tuple[Outcome, Outcome]]"]


@pytest.fixture(scope="module")
def outcomes(
    place: Place, engine: docker.APIClient, plugin_binary: str, request: pytest.FixtureRequest
) -> Iterator[Outcomes]:
    """Both operators with all cases that were chosen, several at a time."""
    chosen = {item.callspec.params.get("name") for item in request.session.items if hasattr(item, "callspec")}
    both = SideBySide(engine, f"parity-{os.getpid()}")
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(4) as pool:
        patch.setenv("AIRDOCK_PLUGIN", plugin_binary)
        runs = {
            name: pool.submit(both.run, name, arguments(name, place), not case(name).starts)
            for name in NAMES
            if name in chosen
        }
        # pytest changes the environment between tests, which requests reads in these threads.
        wait(runs.values())
        yield runs


def case(name: str) -> Case:
    parameter, _, number = name.rpartition("-")
    value = CASES[parameter][int(number)]
    return value if isinstance(value, Case) else Case(value)


def arguments(name: str, place: Place) -> dict[str, Any]:
    return case(name).arguments(name.rpartition("-")[0], place)


def differing(official: Outcome, ours: Outcome) -> dict[str, tuple[Any, Any]]:
    theirs, our = official.facts(), ours.facts()
    paths = sorted(theirs.keys() | our.keys())
    return {path: (theirs.get(path), our.get(path)) for path in paths if theirs.get(path) != our.get(path)}


def allowed(name: str) -> str:
    given = {name.rpartition("-")[0], *case(name).also}
    return "|".join(pattern for parameter in given for pattern in DIFFERENCES.get(parameter, ())) or "nothing"


@pytest.mark.engine
@pytest.mark.parametrize("name", NAMES)
def test_the_containers_are_the_same(name: str, outcomes: Outcomes) -> None:
    official, ours = outcomes[name].result()
    if case(name).starts:
        assert (official.error, ours.error) == (None, None)
    assert official.container, official.error
    assert ours.container, ours.error
    found = differing(official, ours)
    assert {path: both for path, both in found.items() if not re.fullmatch(allowed(name), path)} == {}
    if name.startswith("container_name"):
        assert ours.container["Name"] == official.container["Name"]


@pytest.mark.engine
def test_no_difference_is_allowed_in_vain(outcomes: Outcomes) -> None:
    if len(outcomes) < len(NAMES):
        pytest.skip("only some of the cases were chosen")
    for parameter, patterns in DIFFERENCES.items():
        of_parameter = [name for name in NAMES if name.rpartition("-")[0] == parameter]
        seen = [path for name in of_parameter for path in differing(*outcomes[name].result())]
        for pattern in patterns:
            assert any(re.fullmatch(pattern, path) for path in seen), f"{parameter}: {pattern}"
