"""The plugin's profiles, from the worker's environment to the files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import RecordingLog, Traces

from airdock.exceptions import PluginStartError
from airdock.plugin.client import Plugin


def test_a_worker_with_the_switch_gets_two_profiles(local_traces: Traces, tmp_path: Path) -> None:
    with Plugin(RecordingLog(), os.environ | {"AIRDOCK_PPROF": str(tmp_path)}):
        (pid,) = local_traces.plugins()
    names = {path.name for path in tmp_path.glob("*.pprof") if path.stat().st_size}
    assert names == {f"airdock-plugin-{pid}.cpu.pprof", f"airdock-plugin-{pid}.heap.pprof"}


def test_a_folder_that_cannot_be_written_is_told_at_the_start(local_traces: Traces, tmp_path: Path) -> None:
    environ = os.environ | {"AIRDOCK_PPROF": str(tmp_path / "nope")}
    with (
        pytest.raises(PluginStartError, match="AIRDOCK_PPROF name a folder"),
        Plugin(RecordingLog(), environ),
    ):
        pass
    assert local_traces.all() == {}
