"""The official operator and ours with the same arguments, and what the engine says of their containers."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import docker
from airflow.providers.docker.operators.docker import DockerOperator as Official
from engine_proxy import EngineProxy
from support import RecordingLog, short_folder

from airdock.operators.docker import DockerOperator

#: Without a value here the container is the image's and the engine's own.
PLAIN: dict[str, Any] = {"image": "busybox:latest", "command": "true", "mount_tmp_dir": False}


def tls() -> dict[str, str]:
    """Return the engine of the environment, as both operators take it."""
    folder = os.environ["DOCKER_CERT_PATH"]
    return {
        "docker_url": os.environ["DOCKER_HOST"],
        "tls_ca_cert": f"{folder}/ca.pem",
        "tls_client_cert": f"{folder}/cert.pem",
        "tls_client_key": f"{folder}/key.pem",
    }


@dataclass
class Outcome:
    """What came of one operator's run."""

    result: Any = None
    error: BaseException | None = None
    log: RecordingLog = field(default_factory=RecordingLog)
    container: dict[str, Any] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    #: The container was there when the operator had ended.
    kept: bool = False

    def facts(self) -> dict[str, Any]:
        """Return what the container is, path by path, without what differs from one to the next anyhow."""
        found = self.container
        facts: dict[str, Any] = {}
        flatten(
            {name: found[name] for name in ("Config", "HostConfig", "Path", "Args", "Platform")}, "", facts
        )
        for mount in found["HostConfig"].get("Mounts") or []:
            flatten(anonymous(mount), f"HostConfig.Mounts[{mount['Target']}]", facts)
        networks = found["NetworkSettings"]["Networks"] or {}
        flatten({name: endpoint(of, found["Id"]) for name, of in networks.items()}, "Networks", facts)
        for mount in found["Mounts"]:
            flatten(anonymous(mount), f"Mounts[{mount['Destination']}]", facts)
        if facts.get("Config.Hostname") == found["Id"][:12]:
            del facts["Config.Hostname"]
        facts["Config.Env"] = sorted(facts.get("Config.Env", []))
        return {
            path: value
            for path, value in facts.items()
            if not path.startswith(("Config.Labels.dev.airdock.", "HostConfig.Mounts."))
        }


def flatten(value: Any, path: str, into: dict[str, Any]) -> None:
    """Put what is in an object into a flat dict, by its path. Nothing, [] and {} are all nothing."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            flatten(inner, f"{path}.{name}" if path else name, into)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        flatten(dict(enumerate(value)), path, into)
    elif value not in (None, []):
        into[path] = value


def endpoint(of: Mapping[str, Any], container_id: str) -> dict[str, Any]:
    """Return a container's end of a network without ids and addresses; NetworkID says which network it is."""
    kept = {name: of[name] for name in ("NetworkID", "Links", "IPAMConfig", "DriverOpts")}
    return kept | {"Aliases": [name for name in of["Aliases"] or [] if name != container_id[:12]]}


def anonymous(mount: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mount without the name that the engine made for a volume, or Python for a folder."""
    if re.fullmatch("[0-9a-f]{64}", mount.get("Name", "")):
        mount = mount | {"Name": "anonymous", "Source": "anonymous"}
    return {
        name: re.sub("airflowtmp[^/]+", "airflowtmp", value) if isinstance(value, str) else value
        for name, value in mount.items()
    }


class SideBySide:
    """
    Runs both operators.

    :param engine: the engine, by other means than ours.
    :param prefix: of the DAGs' ids.
    """

    def __init__(self, engine: docker.APIClient, prefix: str) -> None:
        self._engine = engine
        self._prefix = prefix

    def __call__(self, seen_before_start: bool = False, **parameters: Any) -> tuple[Outcome, Outcome]:
        """Return the outcomes of the official operator and of ours. See run."""
        return self.run("", parameters, seen_before_start)

    def run(
        self, title: str, parameters: Mapping[str, Any], seen_before_start: bool = False
    ) -> tuple[Outcome, Outcome]:
        """
        Return the outcomes of the official operator and of ours, and remove their containers.

        :param seen_before_start: look at the container before its start, which fails on this engine.
        """
        official = self._one(Official, f"{self._prefix}-official-{title}", parameters, seen_before_start)
        ours = self._one(DockerOperator, f"{self._prefix}-{title}", parameters, seen_before_start)
        return official, ours

    def _one(self, base: Any, dag_id: str, parameters: Mapping[str, Any], seen_before_start: bool) -> Outcome:
        outcome = Outcome()
        operator_class = type("Recorded", (base,), {"log": property(lambda self: outcome.log)})
        ti = SimpleNamespace(dag_id=dag_id, task_id="task", run_id="run", map_index=-1, try_number=1)

        def execute(**more: Any) -> None:
            operator = None
            try:
                operator = operator_class(task_id="task", **PLAIN | tls() | dict(parameters) | more)
                outcome.result = inspect.unwrap(type(operator).execute)(operator, {"ti": ti})
            except BaseException as error:
                outcome.error = error
            finally:
                self._collect(outcome, operator, dag_id)

        if seen_before_start:
            folder = short_folder()
            with EngineProxy(folder / "engine.sock", lambda id: self._look(outcome, id)) as proxy:
                execute(
                    docker_url=proxy.url,
                    **dict.fromkeys(("tls_ca_cert", "tls_client_cert", "tls_client_key")),
                )
                outcome.requests = proxy.requests
            (folder / "engine.sock").unlink()
            folder.rmdir()
        else:
            execute()
        return outcome

    def _look(self, outcome: Outcome, container_id: str) -> None:
        outcome.container = self._engine.inspect_container(container_id)

    def _collect(self, outcome: Outcome, operator: Any, dag_id: str) -> None:
        mark = {"label": f"dev.airdock.dag-id={dag_id}"}
        if isinstance(operator, Official):
            mark = {"id": operator.container["Id"] if operator.container else "none"}
        for container in [found["Id"] for found in self._engine.containers(all=True, filters=mark)]:
            outcome.kept = True
            if not outcome.container:
                self._look(outcome, container)
            self._engine.remove_container(container, force=True, v=True)


def succeeded(*outcomes: Outcome) -> None:
    """Check that no run failed."""
    assert [outcome.error for outcome in outcomes] == [None] * len(outcomes)
