"""What an import costs, seen in a fresh interpreter."""

from __future__ import annotations

import json
import sys

from support import in_fresh_interpreter

BASE = """
import json, sys
try:
    from airflow.sdk import BaseOperator
except ImportError:
    from airflow.models import BaseOperator
from airflow import DAG
try:
    import airflow.sdk.exceptions
except ImportError:
    import airflow.exceptions
before = set(sys.modules)
"""


def test_a_dag_file_that_imports_the_operator_loads_no_wire() -> None:
    code = BASE + "import airdock.operators.docker; print(json.dumps(sorted(set(sys.modules) - before)))"
    loaded = json.loads(in_fresh_interpreter(code))
    heavy = ("grpc", "google", "docker", "requests", "urllib3", "cryptography")
    assert [name for name in loaded if name.split(".")[0] in heavy or name.endswith("_pb2")] == []
    others = [name for name in loaded if not name.startswith("airdock")]
    print("besides airdock's own:", others)
    assert [name for name in others if name.split(".")[0] not in sys.stdlib_module_names] == []


def test_the_hook_and_the_provider_load_none_either() -> None:
    code = BASE + (
        "import airdock.hooks.docker, airdock.provider\n"
        "heavy = ('grpc', 'google.', 'wtforms')\n"
        "print(json.dumps([n for n in set(sys.modules) - before if n.startswith(heavy)]))"
    )
    assert json.loads(in_fresh_interpreter(code)) == []


def test_constructing_a_task_loads_no_wire_either() -> None:
    code = BASE + (
        "from airdock.operators.docker import DockerOperator\n"
        "DockerOperator(task_id='t', image='bash', command='ls', mounts=[{'target': '/t', 'source': 's'}])\n"
        "print(json.dumps([n for n in set(sys.modules) - before if n.startswith(('grpc', 'google.'))]))"
    )
    assert json.loads(in_fresh_interpreter(code)) == []


def test_exceptions_and_answers_need_no_wire() -> None:
    code = "import sys\nfor name in ('grpc', 'google.protobuf', 'google.rpc'): sys.modules[name] = None\n"
    code += "from airdock.exceptions import ImageNotFoundError; import airdock.hooks.answers\n"
    code += "print(ImageNotFoundError.kind)"
    assert in_fresh_interpreter(code) == "IMAGE_NOT_FOUND"
