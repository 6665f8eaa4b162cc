"""The images that a function can run in, also hostile ones: on the real engine."""

from __future__ import annotations

import io
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest
from decorated import IMAGE, FunctionTask, fails, nothing
from downloads import modules

from airdock.exceptions import FunctionFailedError, InvalidRequestError

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_stays")]


def who() -> Any:
    import os

    return os.getuid(), os.access("/airdock", os.W_OK), os.getcwd()


def test_another_user_and_a_read_only_root(task: Any) -> None:
    assert task(who, user="1234:99", working_dir="/srv").execute() == (1234, True, "/srv")
    assert task(who, user="nobody", read_only=True, mount_tmp_dir=True).execute() == (65534, False, "/")
    error = fails(task(who, read_only=True), InvalidRequestError)
    assert "/airdock cannot be put into the container, whose root file system is read-only" in str(error)


def test_a_serializer_that_is_missing(task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    error = fails(task(nothing, serializer="dill"), FunctionFailedError)
    assert str(error) == "ImportError: The image has no Python module dill, which serializer='dill' needs."
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    error = fails(task(nothing, serializer="cloudpickle"), InvalidRequestError)
    assert str(error) == "The worker has no module cloudpickle, which serializer='cloudpickle' needs."


# With json nothing is unpickled.

HOSTILE = """\
import os, pickle, sys
class Evil:
    def __reduce__(self):
        return (open, ("{mark}", "w"))
folder = sys.argv[-1]
for name in sys.argv[1].split(","):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(pickle.dumps(Evil()))
sys.exit("exception.json" in sys.argv[1])
"""


def test_with_json_the_worker_unpickles_nothing(task: Any, folder: Path) -> None:
    mark = folder / "evil"

    def hostile(names: str, serializer: str) -> FunctionTask:
        command = f"python3 /hostile.py {names}"
        files = {"/hostile.py": HOSTILE.format(mark=mark)}
        return task(nothing, serializer=serializer, python_command=command, input_files=files)

    for names in ("result", "exception", "result,exception", "exception.json,exception"):
        made = hostile(names, "json")
        if names == "exception":
            assert made.execute() is None
        else:
            fails(made, InvalidRequestError)
        assert not mark.exists(), names
    hostile("result", "pickle").execute()
    assert mark.exists()  # the test would have seen it


@pytest.fixture(scope="module")
def bare_image(engine: docker.APIClient, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An image with dill and cloudpickle and without any shell."""
    import dill

    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        archive.add(modules() / "cloudpickle", "cloudpickle")
        archive.add(
            Path(dill.__file__).parent, "dill", filter=lambda entry: None if "test" in entry.name else entry
        )
        script = (
            f"FROM {IMAGE}\nCOPY dill /modules/dill\nCOPY cloudpickle /modules/cloudpickle\n"
            "ENV PYTHONPATH=/modules\n"
            'RUN ["python3", "-c", "import glob, os; [os.remove(f) for f in glob.glob(\'/bin/*sh\')]"]\n'
        ).encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(script)
        archive.addfile(entry, io.BytesIO(script))
    context.seek(0)
    name = f"airdock-test-bare-{tmp_path_factory.getbasetemp().name}:latest"
    lines = list(engine.build(fileobj=context, custom_context=True, tag=name, decode=True, rm=True))
    assert "error" not in lines[-1], lines
    yield name
    engine.remove_image(name, force=True)


def gives_a_function(function: Callable[[int], int]) -> Any:
    import os

    return os.path.exists("/bin/sh"), function(1), lambda x: x + 100


@pytest.mark.parametrize("serializer", ["dill", "cloudpickle"])
def test_an_image_without_a_shell(
    serializer: str, bare_image: str, task: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(modules())
    given = eval("lambda x: x + 10", {"__name__": "__main__"})
    made = task(gives_a_function, given, serializer=serializer, image=bare_image)
    shell, result, function = made.execute()
    assert (shell, result, function(1)) == (False, 11, 101)
