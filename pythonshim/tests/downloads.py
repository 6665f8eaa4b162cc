"""What tests take from the package index, once: it stays in .cache."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from support import REPOSITORY


def downloaded(name: str, *arguments: str) -> Path:
    """
    Return a folder with what pip made there.

    :param name: of the folder.
    :param arguments: of pip; ``{}`` stands for the folder.
    """
    folder = REPOSITORY / ".cache" / "downloads" / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        subprocess.run([sys.executable, "-m", "venv", f"{scratch}/pip"], check=True)
        made = Path(scratch) / "made"
        command = [f"{scratch}/pip/bin/pip", "-q", *(part.replace("{}", str(made)) for part in arguments)]
        subprocess.run(command, check=True, cwd=REPOSITORY)
        made.rename(folder)
    return folder


def modules() -> Path:
    """Return a folder with the Python modules that single tests need beside Airflow."""
    return downloaded("modules", "install", "--target", "{}", "-r", "requirements/test-modules.txt")
