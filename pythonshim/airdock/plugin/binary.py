"""Where the plugin binary is, and whether it is the one that this package came with."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from airdock.exceptions import PluginNotFoundError, PluginVersionError

NAME = "airdock-plugin"
DISTRIBUTION = "airflow-provider-airdock"
#: The SHA-256 of the plugin in our wheel. It is written when a wheel is made (hatch_build.py): in a
#: clone of the project there is none.
CHECKSUM = Path(__file__).with_name(f"{NAME}.sha256")
AGAIN = f"pip install --force-reinstall --no-deps {DISTRIBUTION}"


def find_plugin(environ: Mapping[str, str]) -> str:
    """
    Return the path of the plugin binary.

    Looked for in this order: the environment variable ``AIRDOCK_PLUGIN``, which is believed when it
    is set; what our wheel installed, which must be what the wheel was made with; the ``PATH``.

    :param environ: the environment of the worker.
    :raises PluginNotFoundError: there is none, or the one there may not be executed.
    :raises PluginVersionError: the one that our wheel installed is another by now.
    """
    named = environ.get("AIRDOCK_PLUGIN")
    wheels = _from_our_wheel() if not named and CHECKSUM.exists() else None
    path = named or wheels or shutil.which(NAME, path=environ.get("PATH", os.defpath))
    if path is None or not os.path.isfile(path):
        raise PluginNotFoundError(_not_found(named))
    if not os.access(path, os.X_OK):
        raise PluginNotFoundError(f"The plugin binary {path} may not be executed: run `chmod +x {path}`.")
    if wheels:
        status = os.stat(path)
        if _sha256(path, status.st_size, status.st_mtime_ns) != CHECKSUM.read_text().strip():
            raise PluginVersionError(
                f"The plugin binary {path} is not the one that {DISTRIBUTION} was made with: it is damaged, "
                f"or of another release. Install the package again: `{AGAIN}`."
            )
    return path


def _from_our_wheel() -> str | None:
    """Return the plugin that was installed with this package, wherever that put its scripts."""
    # Some milliseconds, which the parse of a DAG file need not pay.
    from importlib.metadata import PackageNotFoundError, files

    try:
        listed = [Path(str(file.locate())) for file in files(DISTRIBUTION) or () if file.name == NAME]
    except PackageNotFoundError:
        listed = []
    # pip install --target moves the scripts beside the package after it wrote the list.
    beside = Path(__file__).parents[2] / "bin" / NAME
    return next((str(path.resolve()) for path in (beside, *listed) if path.is_file()), None)


@lru_cache(maxsize=8)
def _sha256(path: str, size: int, modified: int) -> str:
    """Return the SHA-256 of a file, once for each state that it is in."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _not_found(named: str | None) -> str:
    if named:
        return (
            f"The plugin binary was not found: AIRDOCK_PLUGIN names {named}, which is no file. Without "
            f"AIRDOCK_PLUGIN the one of the package's wheel is taken, or {NAME} on the PATH."
        )
    if CHECKSUM.exists():
        return (
            f"The plugin binary was not found: AIRDOCK_PLUGIN is not set, what the package installed is no "
            f"longer there, and the PATH has no {NAME}. Install the package again: `{AGAIN}`."
        )
    return (
        f"The plugin binary was not found: AIRDOCK_PLUGIN is not set, this package came without one (it is "
        f"no wheel), and the PATH has no {NAME}. Build it with `make build` in a clone of the project, which "
        f"makes bin/{NAME}, and set AIRDOCK_PLUGIN to its path; or install a wheel."
    )
