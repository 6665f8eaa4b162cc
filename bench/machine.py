"""Where the figures come from: machine and versions."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import docker

from scenario import Setting


def said(*command: str, environ: dict[str, str]) -> str:
    """Return the first line that a program prints, or why there is none."""
    try:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return f"missing ({type(error).__name__})"
    return done.stdout.splitlines()[0].strip() if done.stdout else ""


def installed(name: str) -> str:
    """Return the version of a Python package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def describe(setting: Setting) -> dict[str, str]:
    """Return what a reader has to know to judge the figures."""
    engine = docker.from_env().version()
    info = Path("/proc/cpuinfo").read_text()
    _, found, rest = info.partition("model name")
    processor = rest.partition(":")[2].partition("\n")[0].strip() if found else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cli = said("docker", "version", "--format", "{{.Client.Version}}", environ=setting.environ)
    buildx = said("docker", "buildx", "version", environ=setting.environ)
    return {
        "processor": f"{processor}, {os.cpu_count()} cores, {memory:.0f} GB",
        "system": f"Linux {platform.release()}, Python {platform.python_version()}",
        "engine": f"{engine['Version']} (API {engine['ApiVersion']}), over mutual TLS on the same machine",
        "airdock": installed("airflow-provider-airdock"),
        "Airflow": installed("apache-airflow-core"),
        "official provider": installed("apache-airflow-providers-docker"),
        "docker-py": installed("docker"),
        "docker CLI": cli,
        "buildx": buildx.split()[1] if len(buildx.split()) > 1 and "missing" not in buildx else "missing",
        "load average": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }
