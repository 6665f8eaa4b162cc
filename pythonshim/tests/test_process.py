"""The plugin process. Fakes in Python stand in where a real plugin cannot be made to misbehave."""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path

import pytest
from support import RecordingLog, Traces, fake_plugin, wait_for

from airdock.exceptions import PluginStartError, PluginVersionError
from airdock.plugin import process
from airdock.plugin.client import Plugin
from airdock.plugin.hclog import parse_record
from airdock.plugin.process import PluginProcess


def start(path: str, log: RecordingLog | None = None) -> None:
    with Plugin(log or RecordingLog(), os.environ | {"AIRDOCK_PLUGIN": path}):
        pass


# Its log.


@pytest.mark.parametrize(
    ("line", "record"),
    [
        (
            '{"@level":"warn","@message":"no log","@module":"p","@timestamp":"t","container":"c","n":1}',
            ("warning", "no log container=c n=1"),
        ),
        ('{"@level":"trace","@message":"m"}', ("debug", "m")),
        ('{"@level":"odd","@message":"m"}', ("info", "m")),
        ("panic: runtime error", ("error", "panic: runtime error")),
        ('{"a": 1}', ("error", '{"a": 1}')),
        ("[1]", ("error", "[1]")),
    ],
)
def test_stderr_lines(line: str, record: tuple[str, str]) -> None:
    assert parse_record(line) == record


# Starts that fail. Each leaves nothing: the fixture's folder is where the socket folders are made.


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ("sys.exit(3)", PluginStartError, "ended before"),
        ("sys.exit('no such luck')", PluginStartError, "no such luck"),
        ("print('panic: oh', file=sys.stderr); os.abort()", PluginStartError, "panic: oh"),
        ("print('hello', flush=True); sys.stdin.read()", PluginStartError, "'hello'"),
        ("print('1|2|unix|/s|grpc|', flush=True); sys.stdin.read()", PluginVersionError, "version 2"),
        ("print('1|1|tcp|127.0.0.1:1|grpc|', flush=True); sys.stdin.read()", PluginStartError, "over tcp"),
        ("print('1|1|unix|/s|netrpc', flush=True); sys.stdin.read()", PluginStartError, "netrpc"),
        ("time.sleep(60)", PluginStartError, "within 1 s"),
    ],
)
def test_a_start_that_fails(
    body: str,
    error: type[Exception],
    words: str,
    local_traces: Traces,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "HANDSHAKE_SECONDS", 1.0)
    monkeypatch.setattr(process, "SETTLE_SECONDS", 1.0)
    threads = threading.active_count()
    with pytest.raises(error) as raised:
        start(fake_plugin(tmp_path / "plugin", body))
    assert words in str(raised.value)
    assert local_traces.all() == {}
    assert threading.active_count() == threads


def test_what_is_no_program(local_traces: Traces, tmp_path: Path) -> None:
    path = tmp_path / "plugin"
    path.write_bytes(b"\x00\x01")
    path.chmod(0o755)
    with pytest.raises(PluginStartError, match="cannot be started"):
        start(str(path))
    assert local_traces.all() == {}


def test_a_plugin_that_does_not_end_is_killed(
    local_traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "SETTLE_SECONDS", 0.2)
    log = RecordingLog()
    body = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    body += "print('1|1|unix|/none|grpc|', flush=True)\nwhile True: time.sleep(1)"
    start(fake_plugin(tmp_path / "plugin", body), log)
    assert any("is killed" in line for line in log.lines("warning"))
    assert local_traces.all() == {}


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_start_leaves_nothing(
    interrupt: type[BaseException], local_traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handshake(self: PluginProcess, process: object) -> str:
        raise interrupt

    monkeypatch.setattr(PluginProcess, "_handshake", handshake)
    with pytest.raises(interrupt):
        start(os.environ["AIRDOCK_PLUGIN"])
    assert local_traces.all() == {}


# The real plugin.


def test_the_plugin_gets_little_of_our_environment(
    local_traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "secret")
    monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere:2376")
    monkeypatch.setenv("DOCKER_CONFIG", "/conf")
    with Plugin(RecordingLog(), os.environ) as plugin:
        (pid,) = local_traces.plugins()
        given = dict(
            entry.split("=", 1) for entry in Path(f"/proc/{pid}/environ").read_text().split("\0") if entry
        )
    assert set(given) <= {
        *process._PASSED_ON,
        *(name for name in given if name.startswith(("AIRDOCK_", "PLUGIN_"))),
    }
    assert given["DOCKER_CONFIG"] == "/conf"
    assert plugin.token not in given.values()
    assert given["AIRDOCK_LOG_LEVEL"] == "info"


def test_the_plugin_has_its_own_session_and_folder(local_traces: Traces) -> None:
    with Plugin(RecordingLog(), os.environ):
        (pid,) = local_traces.plugins()
        (folder,) = local_traces.folders()
        assert os.getsid(pid) == pid
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert Path(os.readlink(f"/proc/{pid}/exe")).name == "airdock-plugin"


def test_the_end_is_quick_and_leaves_nothing(local_traces: Traces) -> None:
    threads = threading.active_count()
    with Plugin(RecordingLog(), os.environ):
        before = time.monotonic()
    took = time.monotonic() - before
    print(f"closing took {took * 1000:.1f} ms")
    assert took < 0.5
    assert local_traces.all() == {}
    wait_for("grpc's threads to end", lambda: threading.active_count() <= threads)


def test_a_long_tmpdir_is_no_obstacle(
    local_traces: Traces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with Plugin(RecordingLog(), os.environ) as plugin:
        folder = Path(plugin._folder)
        assert folder.parent == Path("/tmp")
    assert not folder.exists()


def test_a_plugin_goes_when_its_host_is_killed(local_traces: Traces) -> None:
    import signal
    import subprocess
    import sys

    code = (
        "import logging, os, time\nfrom airdock.plugin.client import Plugin\n"
        "with Plugin(logging.getLogger(), os.environ): print('up', flush=True); time.sleep(60)"
    )
    host = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=_with_shim())
    assert host.stdout is not None
    assert host.stdout.readline() == b"up\n"
    assert len(local_traces.plugins()) == 1
    host.send_signal(signal.SIGKILL)
    host.wait()
    host.stdout.close()
    local_traces.wait_until_gone()


def _with_shim() -> dict[str, str]:
    from support import SHIM

    return os.environ | {"PYTHONPATH": str(SHIM)}
