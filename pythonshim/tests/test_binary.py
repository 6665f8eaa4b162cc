"""Which plugin binary is taken. What a wheel really installs is looked at in tests_wheels."""

from __future__ import annotations

import hashlib
import os
from importlib import metadata
from pathlib import Path

import pytest
from support import fake_plugin

import airdock
from airdock.exceptions import PluginNotFoundError, PluginVersionError
from airdock.plugin import binary


@pytest.fixture
def on_path(tmp_path: Path) -> Path:
    """A plugin on the PATH, which is its folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return Path(fake_plugin(folder / binary.NAME, ""))


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plugin as pip puts it, from a wheel that recorded its checksum."""
    prefix = tmp_path / "prefix"
    packages = prefix / "lib" / "python3" / "site-packages"
    (prefix / "bin").mkdir(parents=True)
    about = packages / "airflow_provider_airdock-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Name: {binary.DISTRIBUTION}\nVersion: 1.0\n")
    (about / "RECORD").write_text("airdock/__init__.py,,\n../../../bin/airdock-plugin,,\n")
    plugin = Path(fake_plugin(prefix / "bin" / binary.NAME, ""))
    checksum = packages / "airdock" / "plugin" / "airdock-plugin.sha256"
    checksum.parent.mkdir(parents=True)
    checksum.write_text(hashlib.sha256(plugin.read_bytes()).hexdigest() + "\n")
    monkeypatch.setattr(binary, "CHECKSUM", checksum)
    monkeypatch.syspath_prepend(packages)
    return plugin


def test_the_named_binary_wins(tmp_path: Path, on_path: Path, wheels: Path) -> None:
    path = fake_plugin(tmp_path / "named", "")
    assert binary.find_plugin({"AIRDOCK_PLUGIN": path, "PATH": str(on_path.parent)}) == path


def test_then_the_one_of_our_wheel(on_path: Path, wheels: Path) -> None:
    assert binary.find_plugin({"PATH": str(on_path.parent)}) == str(wheels)


def test_then_the_one_on_the_path(on_path: Path, wheels: Path) -> None:
    wheels.unlink()
    assert binary.find_plugin({"PATH": str(on_path.parent)}) == str(on_path)


def test_a_package_that_is_no_wheel_takes_no_other_wheels_binary(
    on_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binary, "CHECKSUM", Path("/nowhere"))
    assert binary.find_plugin({"PATH": str(on_path.parent)}) == str(on_path)


def test_pip_with_a_target_puts_it_beside_the_package(
    on_path: Path, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target"
    monkeypatch.setattr(binary, "__file__", str(target / "airdock" / "plugin" / "binary.py"))
    (target / "bin").mkdir(parents=True)
    moved = wheels.rename(target / "bin" / binary.NAME)
    assert binary.find_plugin({"PATH": str(on_path.parent)}) == str(moved)


def test_our_wheels_binary_must_be_the_recorded_one(wheels: Path) -> None:
    assert binary.find_plugin({}) == str(wheels)
    with wheels.open("a") as file:
        file.write("# changed")
    with pytest.raises(PluginVersionError, match="is damaged, or of another release") as raised:
        binary.find_plugin({})
    assert str(wheels) in str(raised.value)
    assert binary.AGAIN in str(raised.value)


def test_no_binary_says_where_it_was_looked_for() -> None:
    with pytest.raises(PluginNotFoundError) as raised:
        binary.find_plugin({"PATH": "/nowhere"})
    for words in ("AIRDOCK_PLUGIN", "no wheel", "PATH", "make build"):
        assert words in str(raised.value)


def test_a_wheel_without_its_binary_says_how_to_get_it(wheels: Path) -> None:
    wheels.unlink()
    with pytest.raises(PluginNotFoundError, match="no longer there") as raised:
        binary.find_plugin({"PATH": "/nowhere"})
    assert binary.AGAIN in str(raised.value)


def test_a_named_binary_that_is_not_there_is_no_reason_to_take_another() -> None:
    with pytest.raises(PluginNotFoundError, match="/nowhere/plugin"):
        binary.find_plugin({"AIRDOCK_PLUGIN": "/nowhere/plugin", "PATH": os.environ["PATH"]})


def test_a_binary_that_may_not_be_executed(tmp_path: Path) -> None:
    path = tmp_path / "plain"
    path.write_text("")
    with pytest.raises(PluginNotFoundError, match=r"chmod \+x"):
        binary.find_plugin({"AIRDOCK_PLUGIN": str(path)})


def test_the_version_is_the_distributions() -> None:
    assert airdock.__version__ == metadata.version(binary.DISTRIBUTION)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = airdock.no_such_name
