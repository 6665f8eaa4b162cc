"""Puts the Go programs into a wheel, and their sources into an sdist.

A wheel is for the platform that ``GOOS`` and ``GOARCH`` name, as with ``go build``; without them for
the machine that builds it. An editable install compiles nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: The tags of each platform. The programs are static, so that the C library is of no account and
#: both families of Linux tags hold; Go 1.26 runs on macOS 12 and newer.
TAGS = {
    "linux/amd64": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    "linux/arm64": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "darwin/amd64": "macosx_12_0_x86_64",
    "darwin/arm64": "macosx_12_0_arm64",
}
PROGRAMS = ("airdock", "airdock-plugin")
#: What of the Go module the programs are made of: folders, and what counts in them.
FOLDERS = ("cmd/airdock", "cmd/airdock-helper", "cmd/airdock-plugin", "host", "plugin", "protocol")
SUFFIXES = (".go", ".proto", ".py", ".gitkeep")
_LICENCE = re.compile(r"(un)?licen[cs]e|copying|notice|patents", re.IGNORECASE)


class GoPrograms(BuildHookInterface[Any]):
    """Adds to what hatchling packs."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """
        Add the programs or their sources; hatchling calls it before it packs.

        :param version: ``editable`` or ``standard``.
        :param build_data: what hatchling packs beside the package; changed here.
        """
        # In an sdist the Go module lies in a folder beside the package, in a clone around it.
        packed = Path(self.root, "go")
        module = packed if packed.is_dir() else Path(self.root).parent
        if self.target_name == "sdist":
            licence = Path(self.root if module == packed else module, "LICENSE")
            build_data["force_include"].update(_sources(module), **{str(licence): "LICENSE"})
        elif version != "editable":
            self._add_programs(module, build_data)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the programs once they are packed; see hatchling for the parameters."""
        if built := getattr(self, "_built", None):
            built.cleanup()

    def _add_programs(self, module: Path, build_data: dict[str, Any]) -> None:
        if shutil.which("go") is None:
            self.app.abort(
                "airflow-provider-airdock is made with Go, and there is no go on the PATH: "
                "install a wheel, or Go 1.26 or newer."
            )
        asked = ("GOOS", "GOARCH", "GOHOSTOS", "GOHOSTARCH")
        system, machine, our_system, our_machine = _go(module, {}, "env", *asked).split()
        if f"{system}/{machine}" not in TAGS:
            self.app.abort(f"There is no airdock for {system}/{machine}, only for {', '.join(TAGS)}.")
        # Removed with this object, too, if anything fails before hatchling calls finalize.
        self._built = tempfile.TemporaryDirectory(prefix="airdock-wheel-")
        folder = Path(self._built.name)
        # The plugin carries a small program for the engine's machine; it is made by one for ours.
        _go(module, {"GOOS": our_system, "GOARCH": our_machine}, "generate", "./plugin/volume")
        target = {"GOOS": system, "GOARCH": machine}
        flags = (
            "-tags",
            "grpcnotrace",
            "-trimpath",
            "-buildvcs=false",
            "-ldflags",
            "-s -w",
            "-o",
            str(folder),
        )
        packages = [f"./cmd/{name}" for name in PROGRAMS]
        _go(module, target, "build", *flags, *packages)
        notices = folder / "NOTICES.txt"
        notices.write_text(_notices(module, target, packages), encoding="utf-8")
        checksum = folder / "airdock-plugin.sha256"
        checksum.write_text(hashlib.sha256((folder / "airdock-plugin").read_bytes()).hexdigest() + "\n")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{TAGS[f'{system}/{machine}']}"
        for file in (checksum, notices):
            build_data["force_include"][str(file)] = f"airdock/plugin/{file.name}"
        build_data["shared_scripts"].update({str(folder / name): name for name in PROGRAMS})


def _go(module: Path, environment: dict[str, str], *arguments: str) -> str:
    """Run go so that the bytes depend on the sources and on Go alone; return what it prints."""
    fixed = {"CGO_ENABLED": "0", "GOAMD64": "v1", "GOARM64": "v8.0", "GOFLAGS": "", "GOWORK": "off"}
    return subprocess.run(
        ["go", *arguments],
        cwd=module,
        env=os.environ | fixed | environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout


def _notices(module: Path, target: dict[str, str], packages: list[str]) -> str:
    """Return the licences of everything that is linked into the programs, Go itself included."""
    form = "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}"
    linked = _go(module, target, "list", "-tags", "grpcnotrace", "-deps", "-f", form, *packages)
    found = [line.split("\t") for line in sorted(set(linked.splitlines())) if line]
    goroot, version = _go(module, {}, "env", "GOROOT", "GOVERSION").split()
    told = ["airdock and airdock-plugin are made of these modules; the Go module proxy has their sources.\n"]
    for name, folder in [[version, goroot], *found]:
        told.append(f"{'=' * 79}\n{name}\n{'=' * 79}\n")
        files = [
            file for file in sorted(Path(folder).iterdir()) if file.is_file() and _LICENCE.match(file.name)
        ]
        if not files:
            raise FileNotFoundError(f"{name} has no licence in {folder}.")
        told += [file.read_text(encoding="utf-8", errors="replace") + "\n" for file in files]
    return "\n".join(told)


def _sources(module: Path) -> dict[str, str]:
    """Return the files that the programs are made of, and where they go in an sdist."""
    found = [module / "go.mod", module / "go.sum"]
    for folder in FOLDERS:
        for path in sorted((module / folder).rglob("*")):
            if path.name.endswith(SUFFIXES) and not path.name.endswith("_test.go"):
                found.append(path)
    return {str(path): f"go/{path.relative_to(module).as_posix()}" for path in found}
