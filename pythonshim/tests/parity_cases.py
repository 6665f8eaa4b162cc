"""What the two operators are given, parameter by parameter, and where their containers may differ.

A row's name is a parameter of the official operator. Its values are tried one by one; a Case has more
arguments beside the value, and a function makes the value of what the engine has for the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from docker.types import DeviceRequest, DriverConfig, Mount, Ulimit


@dataclass(frozen=True)
class Place:
    """What the cases find on the engine and beside it."""

    network: str
    #: A container that runs, with an IPC namespace that others may enter.
    other: str
    volume: str
    folder: str
    registry: str
    port: Callable[[], int]


@dataclass(frozen=True)
class Case:
    """
    A value and what goes with it.

    :param value: the value, or a function of the Place that returns it.
    :param starts: False: this engine cannot start such a container, which is looked at before.
    """

    value: Any
    also: Mapping[str, Any] = field(default_factory=dict)
    starts: bool = True

    def arguments(self, parameter: str, place: Place) -> dict[str, Any]:
        value = self.value(place) if callable(self.value) else self.value
        return {parameter: value, **self.also}


BASH = {"image": "bash:latest"}  # has an entrypoint
TMP = {"mount_tmp_dir": True}
GPU = [["gpu"]]

CASES: dict[str, list[Any]] = {
    "image": [
        "busybox",
        "bash",
        "busybox:latest",
        "docker.io/library/busybox:latest",
        lambda place: f"{place.registry}/library/bash:latest",
    ],
    "command": [
        None,
        "",
        "sh -c 'exit 0'",
        'echo "a b" c',
        ["echo", "a b"],
        "['echo', 'a b']",
        " ['echo']",
        Case("true", BASH),
        Case([], BASH),
    ],
    "container_name": [lambda place: f"named-{place.network}"],
    "cpus": [1.0, 0.5, 2, 0.0],
    "environment": [
        {},
        {"A": "1", "B": 2, "C": None, "D": "", "E": "x=y z", "F": b"bytes"},
        {"PATH": "/bin", "AIRFLOW_TMP_DIR": "/mine"},
        Case({"AIRFLOW_TMP_DIR": "/mine"}, {"tmp_dir": "/tmp/other"}),
    ],
    "private_environment": [
        {"A": "hidden"},
        Case({"A": "hidden"}, {"environment": {"A": "open", "B": "2"}, "env_file": "A=file\nC=3"}),
    ],
    "env_file": [
        "",
        "A=1\nB='two words'\n# nothing\nexport C=${A}-${NO_SUCH:-default}\nD\n",
        Case("A=1\nB=2", {"environment": {"A": "3"}}),
        "AIRFLOW_TMP_DIR=/mine",
    ],
    "force_pull": [False, True],
    "mem_limit": [None, "64m", "64M", "64mb", "0.5g", "65536k", 67108864, "67108864", "", 0],
    "host_tmp_dir": [Case(lambda place: place.folder, TMP), lambda place: place.folder],
    "network_mode": [
        "bridge",
        "none",
        "host",
        "default",
        "",
        lambda place: place.network,
        lambda place: f"container:{place.other}",
    ],
    "mount_tmp_dir": [True, False],
    "tmp_dir": [Case("/scratch", TMP), "/scratch"],
    "user": ["nobody", 1000, "1000:1000", 0, "0", ""],
    "mounts": [
        [],
        lambda place: [Mount("/data", place.volume)],
        lambda place: [Mount("/data", place.volume, read_only=True, no_copy=True)],
        lambda place: [
            Mount("/data", place.folder, type="bind", propagation="rprivate", consistency="cached")
        ],
        lambda place: [{"target": "/data", "source": place.folder, "type": "bind", "read_only": True}],
        lambda place: [
            {"target": "/data", "source": place.volume},
            Mount("/tmp/b", place.folder, type="bind"),
        ],
        [Mount("/data", None), {"target": "/more", "source": None, "labels": {"a": "b"}}],
        [Mount("/data", None, driver_config=DriverConfig("local", {"type": "tmpfs", "device": "tmpfs"}))],
        [Mount("/ram", None, type="tmpfs", tmpfs_size="1m", tmpfs_mode=0o700)],
        [{"target": "/ram", "source": "", "type": "tmpfs", "tmpfs_size": 65536}],
        lambda place: [dict(Mount("/data", place.volume))],  # as Airflow renders it
    ],
    "entrypoint": [
        None,
        Case("env A=1", BASH),
        Case(["env", "B=b c"], BASH),
        Case("['env', 'B=b c']", BASH),
        Case("", BASH),
        Case([], BASH | {"command": None}),
    ],
    "working_dir": ["/tmp", "/made", ""],
    "dns": [["10.0.0.53"], ["10.0.0.53", "10.0.0.54"], []],
    "dns_search": [["example.org", "example.net"], []],
    "shm_size": [0, 1048576, "2m"],
    "tty": [True, False],
    "hostname": ["host-a", "host.example", ""],
    "privileged": [Case(True, starts=False), False],
    "cap_add": [["NET_ADMIN"], ("CAP_SYS_PTRACE", "KILL"), "NET_RAW", Case(["ALL"], starts=False), []],
    "extra_hosts": [{"b": "10.0.0.2", "a": "10.0.0.1"}, {"six": "::1"}, ["c:10.0.0.3"], {}],
    "device_requests": [
        [],
        Case([DeviceRequest(count=-1, capabilities=GPU)], starts=False),
        Case([{"driver": "nvidia", "device_ids": ["0", "1"], "capabilities": GPU}], starts=False),
        Case([DeviceRequest(driver="x", count=2, capabilities=GPU, options={"a": "b"})], starts=False),
    ],
    "log_opts_max_size": ["10m", "1g"],
    "log_opts_max_file": [Case("3", {"log_opts_max_size": "10k"})],
    "ipc_mode": ["host", "private", "none", "shareable", lambda place: f"container:{place.other}"],
    "port_bindings": [
        {},
        lambda place: {8080: place.port(), "9090": None},
        lambda place: {"53/udp": str(place.port()), "8080/tcp": ""},
        lambda place: {8080: ("127.0.0.1", place.port()), 8081: ("127.0.0.1",), 8082: (place.port(),)},
        lambda place: {8080: [place.port(), ("127.0.0.1", place.port()), {"HostPort": place.port()}]},
        lambda place: {8080: {"HostPort": str(place.port()), "HostIp": "127.0.0.1"}},
        lambda place: {8080: ("::1", place.port())},
    ],
    "ulimits": [
        [],
        [Ulimit(name="nofile", soft=100, hard=200)],
        [{"name": "nproc", "soft": 1000, "hard": 2000}, Ulimit(name="core", hard=0)],
        [{"Name": "nofile", "Soft": 64, "Hard": 64}],
    ],
    "labels": [{"a": "b", "c": ""}, ["a", "b"], {}],
}

#: Parameters that are no option of a container: what they do is compared by a test in
#: test_parity_behaviour.py or test_parity_engine.py, which is named here.
BEHAVIOURS: dict[str, str] = {
    "api_version": "test_api_version",
    "docker_url": "test_docker_url",
    "tls_ca_cert": "test_tls_files",
    "tls_client_cert": "test_tls_files",
    "tls_client_key": "test_tls_files",
    "tls_verify": "test_tls_verify",
    "tls_hostname": "test_tls_hostname",
    "tls_ssl_version": "test_tls_ssl_version",
    "xcom_all": "test_xcom_all",
    "docker_conn_id": "test_docker_conn_id",
    "auto_remove": "test_auto_remove",
    "retrieve_output": "test_retrieve_output",
    "retrieve_output_path": "test_retrieve_output",
    "timeout": "test_timeout",
    "skip_on_exit_code": "test_skip_on_exit_code",
    "kwargs": "test_kwargs",
}

#: Parameters that deliberately do not do the same: the rows of the table in docs/differences.md, which has
#: the reasons. The values are patterns of what differs in the containers; () where that is nothing.
DIFFERENCES: dict[str, tuple[str, ...]] = {
    "image": (r"Config\.Image",),
    "container_name": (),
    "docker_url": (),
    "private_environment": (),
    "force_pull": (),
    "mount_tmp_dir": (r"(HostConfig\.)?Mounts\[(/tmp/airflow|/scratch)\]\..*",),
    "tls_ca_cert": (),
    "tls_client_cert": (),
    "tls_client_key": (),
    "tls_verify": (),
    "tls_hostname": (),
    "tls_ssl_version": (),
    "xcom_all": (),
    "docker_conn_id": (),
    "auto_remove": (),
    "retrieve_output": (),
    "labels": (),
}
