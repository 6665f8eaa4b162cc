"""What is in the sdist and in the wheels."""

from __future__ import annotations

import hashlib
import struct
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from conftest import VERSION, run

NAME = f"airflow_provider_airdock-{VERSION}"
#: The tags of a wheel, and the platform of the programs in it.
PLATFORMS = {
    "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64": ("linux", "amd64"),
    "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64": ("linux", "arm64"),
    "macosx_12_0_x86_64": ("darwin", "amd64"),
    "macosx_12_0_arm64": ("darwin", "arm64"),
}


@pytest.fixture(params=PLATFORMS)
def tags(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def archive(dist: Path, tags: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(dist / f"{NAME}-py3-none-{tags}.whl")


def test_there_is_an_sdist_and_a_wheel_for_each_platform(dist: Path) -> None:
    wheels = {f"{NAME}-py3-none-{tags}.whl" for tags in PLATFORMS}
    assert {path.name for path in dist.iterdir()} == wheels | {f"{NAME}.tar.gz"}


def test_two_builds_give_equal_bytes(dist: Path, dist_again: Path) -> None:
    def sums(folder: Path) -> dict[str, str]:
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

    assert sums(dist) == sums(dist_again)


def test_a_wheel_says_what_it_is(archive: zipfile.ZipFile, tags: str) -> None:
    about = message_from_bytes(archive.read(f"{NAME}.dist-info/METADATA"))
    assert (about["Name"], about["Version"]) == ("airflow-provider-airdock", VERSION)
    assert {requirement.partition(">=")[0] for requirement in about.get_all("Requires-Dist")} == {
        "apache-airflow",
        "googleapis-common-protos",
        "grpcio",
        "protobuf",
    }
    wheel = message_from_bytes(archive.read(f"{NAME}.dist-info/WHEEL"))
    assert set(wheel.get_all("Tag")) == {f"py3-none-{tag}" for tag in tags.split(".")}
    assert wheel["Root-Is-Purelib"] == "false"
    assert f"{NAME}.dist-info/licenses/LICENSE" in archive.namelist()


def test_a_wheel_has_the_programs_of_its_platform(
    archive: zipfile.ZipFile, tags: str, sources: Path, tmp_path: Path
) -> None:
    system, machine = PLATFORMS[tags]
    for name in ("airdock", "airdock-plugin"):
        entry = archive.getinfo(f"{NAME}.data/scripts/{name}")
        assert entry.external_attr >> 16 & 0o777 == 0o755
        content = archive.read(entry)
        assert bytes(sources) not in content
        path = tmp_path / name
        path.write_bytes(content)
        settings = run("go", "version", "-m", path)
        for setting in (
            f"cmd/{name}\n",
            "CGO_ENABLED=0",
            f"GOOS={system}",
            f"GOARCH={machine}",
            "-trimpath=true",
        ):
            assert setting in settings
        assert "vcs" not in settings
        if system == "darwin":
            assert _macos(content) == (12, 0)
    recorded = archive.read("airdock/plugin/airdock-plugin.sha256").decode()
    assert recorded == hashlib.sha256(content).hexdigest() + "\n"
    # The helper for the engine's machine, which the plugin carries.
    assert b"program/helpers.tar.zst" in content


def test_a_wheel_has_the_package_and_nothing_else(archive: zipfile.ZipFile, sources: Path) -> None:
    package = sources / "pythonshim"
    ours = {path.relative_to(package).as_posix() for path in (package / "airdock").rglob("*.*")}
    found = {name for name in archive.namelist() if not name.startswith(NAME)}
    assert found == ours | {"airdock/plugin/airdock-plugin.sha256", "airdock/plugin/NOTICES.txt"}


def test_a_wheel_has_the_licence_of_each_module_that_is_linked_in(
    archive: zipfile.ZipFile, tmp_path: Path
) -> None:
    notices = archive.read("airdock/plugin/NOTICES.txt").decode()
    for name in ("airdock", "airdock-plugin"):
        path = tmp_path / name
        path.write_bytes(archive.read(f"{NAME}.data/scripts/{name}"))
        said = [line.split("\t") for line in run("go", "version", "-m", path).splitlines()]
        modules = [f"{line[2]} {line[3]}" for line in said if line[1:2] == ["dep"]]
        assert len(modules) > 20
        assert [module for module in modules if f"\n{module}\n===" not in notices] == []
    assert "Mozilla Public License" in notices  # go-plugin's
    assert str(Path.home()) not in notices


def test_the_sdist_has_no_binary_and_no_test(dist: Path) -> None:
    with tarfile.open(dist / f"{NAME}.tar.gz") as archive:
        names = [name.removeprefix(f"{NAME}/") for name in archive.getnames()]
    assert {"LICENSE", "PKG-INFO", "hatch_build.py", "go/go.mod", "go/cmd/airdock-plugin/main.go"} <= set(
        names
    )
    assert [name for name in names if "test" in name or name.endswith((".zst", "airdock-plugin"))] == []


def _macos(program: bytes) -> tuple[int, int]:
    """Return the oldest macOS that a Mach-O program says it runs on (its LC_BUILD_VERSION)."""
    offset = 32
    for _ in range(struct.unpack_from("<I", program, 16)[0]):
        command, size = struct.unpack_from("<II", program, offset)
        if command == 0x32:
            oldest = struct.unpack_from("<I", program, offset + 12)[0]
            return oldest >> 16, oldest >> 8 & 0xFF
        offset += size
    pytest.fail("the program does not say which macOS it needs")
