"""The options that the official operator leaves out: what the engine says of a container that has them."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import docker
import pytest
from docker.types import Healthcheck, LogConfig
from support import Task, Traces

from airdock._protocol.parameters import ContainerOptions
from airdock.exceptions import InvalidRequestError, NetworkNotFoundError

pytestmark = pytest.mark.engine

#: The option, its value, where the engine has it, and what it has there.
TABLE: list[tuple[str, Any, str, Any]] = [
    ("cap_drop", ["NET_RAW", "MKNOD"], "HostConfig.CapDrop", ["NET_RAW", "MKNOD"]),
    ("security_opt", ["no-new-privileges"], "HostConfig.SecurityOpt", ["no-new-privileges"]),
    ("group_add", ["nogroup", 1234], "HostConfig.GroupAdd", ["nogroup", "1234"]),
    ("read_only", True, "HostConfig.ReadonlyRootfs", True),
    ("init", True, "HostConfig.Init", True),
    ("runtime", "runc", "HostConfig.Runtime", "runc"),
    ("userns_mode", "host", "HostConfig.UsernsMode", "host"),
    ("sysctls", {"kernel.msgmax": 65536}, "HostConfig.Sysctls", {"kernel.msgmax": "65536"}),
    ("platform", "linux/amd64", "Platform", "linux"),
    ("stop_signal", "SIGINT", "Config.StopSignal", "SIGINT"),
    ("stop_timeout", timedelta(seconds=1.5), "Config.StopTimeout", 2),
    (
        "healthcheck",
        {"test": "exit 0", "interval": 60 * 10**9, "retries": 2},
        "Config.Healthcheck",
        {"Test": ["CMD-SHELL", "exit 0"], "Interval": 60 * 10**9, "Retries": 2},
    ),
    ("mem_reservation", "32m", "HostConfig.MemoryReservation", 32 << 20),
    ("memswap_limit", "128m", "HostConfig.MemorySwap", 128 << 20),
    ("nano_cpus", 500_000_000, "HostConfig.NanoCpus", 500_000_000),
    ("cpuset_cpus", "0", "HostConfig.CpusetCpus", "0"),
    ("cpuset_mems", "0", "HostConfig.CpusetMems", "0"),
    ("pids_limit", 50, "HostConfig.PidsLimit", 50),
    (
        "devices",
        ["/dev/null:/dev/nothing:r", {"PathOnHost": "/dev/zero"}],
        "HostConfig.Devices",
        [
            {"PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "r"},
            {"PathOnHost": "/dev/zero", "PathInContainer": "/dev/zero", "CgroupPermissions": "rwm"},
        ],
    ),
    ("tmpfs", {"/run": "size=1m"}, "HostConfig.Tmpfs", {"/run": "size=1m"}),
    ("extra_config", {"Domainname": "example.org", "Labels": {"a": "b"}}, "Config.Domainname", "example.org"),
    ("extra_host_config", {"OomScoreAdj": 300, "Dns": ["10.0.0.1"]}, "HostConfig.OomScoreAdj", 300),
]
#: These are no options of a container, and have tests of their own.
ELSEWHERE = {
    "image_pull_policy",
    "pull_inactivity_timeout",
    "run_timeout",
    "on_kill_action",
    "xcom_merge_stderr",
    "secret_files",
    "input_files",
    "output_files",
    "volume_scope",
    "flood_lines",
}
#: These have tests below.
BELOW = {"networks", "annotations"}


def test_every_option_has_a_row() -> None:
    named = set(inspect.signature(ContainerOptions.__init__).parameters) - {"self", "kwargs"}
    assert named == {row[0] for row in TABLE} | ELSEWHERE | BELOW


def inspected(traces: Traces, engine: docker.APIClient, **parameters: Any) -> dict[str, Any]:
    """Run a task and return what the engine says of its container."""
    Task(traces.dag_id, **{"command": "true", "auto_remove": "never"} | parameters).execute()
    (container,) = traces.containers()
    return dict(engine.inspect_container(container))


def at(found: Any, path: str) -> Any:
    for name in path.split("."):
        found = found[name]
    return found


@pytest.fixture
def everything(traces: Traces, engine: docker.APIClient) -> dict[str, Any]:
    options = {name: value for name, value, _, _ in TABLE}
    return inspected(traces, engine, mem_limit="64m", labels={"own": "1"}, **options)


def test_every_option_reaches_the_engine(everything: dict[str, Any]) -> None:
    assert {path: at(everything, path) for _, _, path, _ in TABLE} == {row[2]: row[3] for row in TABLE}
    assert everything["State"]["ExitCode"] == 0


def test_extras_are_merged(everything: dict[str, Any]) -> None:
    """Objects member by member; what the run is found by stays."""
    labels = everything["Config"]["Labels"]
    assert (labels["a"], labels["own"]) == ("b", "1")
    assert labels["dev.airdock.task-id"] == "task"
    assert everything["HostConfig"]["Dns"] == ["10.0.0.1"]
    assert everything["HostConfig"]["Memory"] == 64 << 20


def test_extras_come_last(traces: Traces, engine: docker.APIClient) -> None:
    found = inspected(
        traces,
        engine,
        hostname="one",
        mem_limit="64m",
        dns=["10.0.0.1"],
        labels={"a": "1", "b": "1"},
        extra_config={"Hostname": "two", "Labels": {"a": "2", "dev.airdock.key": "stolen"}},
        extra_host_config={
            "Memory": 32 << 20,
            "Dns": ["10.0.0.2"],
            "LogConfig": LogConfig(type="local", config={"max-size": "1m"}),
            "ConsoleSize": [24, 80],
        },
    )
    assert found["Config"]["Hostname"] == "two"
    assert found["Config"]["Labels"]["a"] == "2"
    assert found["Config"]["Labels"]["b"] == "1"
    assert found["Config"]["Labels"]["dev.airdock.key"] != "stolen"
    assert found["HostConfig"]["Memory"] == 32 << 20
    assert found["HostConfig"]["Dns"] == ["10.0.0.2"]
    assert found["HostConfig"]["LogConfig"] == {"Type": "local", "Config": {"max-size": "1m"}}
    assert found["HostConfig"]["ConsoleSize"] == [24, 80]


@pytest.mark.parametrize(
    ("options", "word", "since"),
    [
        ({"annotations": {"a": "b"}}, "annotations", (1, 43)),
        ({"networks": [{"name": "bridge", "mac_address": "02:42:0a:00:00:77"}]}, "mac_address", (1, 44)),
    ],
)
def test_what_an_engine_would_leave_out_is_refused(
    options: dict[str, Any], word: str, since: tuple[int, int], traces: Traces, engine: docker.APIClient
) -> None:
    if tuple(map(int, engine.version()["ApiVersion"].split("."))) >= since:
        pytest.fail("this engine knows the option: give the test an older one")
    with pytest.raises(InvalidRequestError, match=rf"{word} .* 1\.{since[1]} or newer"):
        Task(traces.dag_id, command="true", **options).execute()
    assert traces.all() == {}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"extra_config": {"Tty": True}}, "Tty"),
        ({"extra_config": {"HostConfig": 3}}, "extra_host_config"),
        ({"extra_config": {"Labels": ["a"]}}, "Labels"),
        ({"network_mode": "host", "networks": ["bridge"]}, "network_mode"),
        ({"networks": [{"aliases": ["x"]}]}, "name"),
        ({"networks": [{"name": "a", "alias": "x"}]}, "alias"),
        ({"healthcheck": {"tests": "x"}}, "healthcheck"),
        ({"mem_reservation": "much"}, "much"),
        ({"devices": [":/x"]}, "device"),
        ({"pids_limit": "many"}, "pids_limit"),
    ],
)
def test_options_that_are_refused(options: dict[str, Any], word: str, traces: Traces) -> None:
    with pytest.raises(InvalidRequestError, match=word):
        Task(traces.dag_id, command="true", **options).execute()
    assert traces.all() == {}


@pytest.mark.parametrize("options", [{"image_pull_policy": "often"}, {"on_kill_action": "delete"}])
def test_values_that_an_operator_cannot_have(options: dict[str, str]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=name):
        Task("dag", **options)


# Networks.


@pytest.fixture
def networks(engine: docker.APIClient) -> Iterator[list[tuple[str, str]]]:
    """Two networks, and an address in each."""
    made: list[tuple[str, str]] = []
    try:
        for number in (1, 2):
            name = f"test-options-{os.getpid()}-{number}"
            engine.create_network(name, driver="bridge", ipam=subnet(engine, number))
            made.append((name, address(engine, name)))
        yield made
    finally:
        for name, _ in made:
            engine.remove_network(name)


def subnet(engine: docker.APIClient, number: int) -> Any:
    """Return a subnet that no other network has: only such a one takes addresses by hand."""
    taken = {
        config.get("Subnet") for network in engine.networks() for config in network["IPAM"]["Config"] or []
    }
    free = (f"10.251.{third}.0/24" for third in range(os.getpid() % 100 + number, 250))
    pool = docker.types.IPAMPool(subnet=next(candidate for candidate in free if candidate not in taken))
    return docker.types.IPAMConfig(pool_configs=[pool])


def address(engine: docker.APIClient, network: str) -> str:
    subnet = engine.inspect_network(network)["IPAM"]["Config"][0]["Subnet"]
    return str(subnet.rpartition(".")[0]) + ".77"


def test_networks(networks: list[tuple[str, str]], traces: Traces, engine: docker.APIClient) -> None:
    (first, first_address), (second, second_address) = networks
    task = Task(
        traces.dag_id,
        image="busybox",
        command=["sh", "-c", "ip -4 -o address"],
        xcom_all=True,
        auto_remove="never",
        networks=[
            {"name": first, "aliases": ["one", "two"], "ipv4_address": first_address},
            {"name": second, "aliases": ["other"], "ipv4_address": second_address},
        ],
    )
    lines = "\n".join(task.execute())
    assert f" {first_address}/24 " in lines
    assert f" {second_address}/24 " in lines
    (container,) = traces.containers()
    found = engine.inspect_container(container)
    assert found["HostConfig"]["NetworkMode"] == first
    ends = found["NetworkSettings"]["Networks"]
    assert set(ends) == {first, second}
    assert {"one", "two"} <= set(ends[first]["Aliases"])
    assert "other" in ends[second]["Aliases"]
    assert ends[second]["IPAMConfig"] == {"IPv4Address": second_address}


def test_networks_by_name(networks: list[tuple[str, str]], traces: Traces, engine: docker.APIClient) -> None:
    found = inspected(traces, engine, networks={networks[0][0]: None, networks[1][0]: {"aliases": ["x"]}})
    assert set(found["NetworkSettings"]["Networks"]) == {networks[0][0], networks[1][0]}


@pytest.mark.parametrize("names", [["no-such-network"], ["bridge", "no-such-network"]])
def test_a_network_that_is_not_there(names: list[str], traces: Traces) -> None:
    with pytest.raises(NetworkNotFoundError, match="no-such-network"):
        Task(traces.dag_id, command="true", networks=names).execute()
    assert traces.all() == {}


def test_healthcheck_of_docker_types(traces: Traces, engine: docker.APIClient) -> None:
    found = inspected(traces, engine, healthcheck=Healthcheck(test=["CMD", "true"], retries=4))
    assert found["Config"]["Healthcheck"] == {"Test": ["CMD", "true"], "Retries": 4}


def test_a_limit_of_cpu_time_is_one(traces: Traces) -> None:
    """Where ``cpus`` is a weight only."""
    script = "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max"
    assert Task(traces.dag_id, command=["bash", "-c", script], nano_cpus=500_000_000).execute() == "50000"
