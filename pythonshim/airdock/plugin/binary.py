"""Where the plugin binary is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from airdock.exceptions import PluginNotFoundError

NAME = "airdock-plugin"
BESIDE_PACKAGE = Path(__file__).resolve().parent.parent / "bin" / NAME


def find_plugin(environ: Mapping[str, str]) -> str:
    """
    Return the path of the plugin binary.

    Looked for in this order: the environment variable ``AIRDOCK_PLUGIN``, which is believed when it
    is set; ``bin/airdock-plugin`` in the package; the ``PATH``.

    :param environ: the environment of the worker.
    :raises PluginNotFoundError: there is none, or the one there may not be executed.
    """
    named = environ.get("AIRDOCK_PLUGIN")
    path = named or (str(BESIDE_PACKAGE) if BESIDE_PACKAGE.exists() else None)
    path = path or shutil.which(NAME, path=environ.get("PATH", os.defpath))
    if path is None or not os.path.isfile(path):
        raise PluginNotFoundError(
            f"The plugin binary was not found: AIRDOCK_PLUGIN is {f'{named!r}' if named else 'not set'}, "
            f"{BESIDE_PACKAGE} does not exist, and the PATH has no {NAME}. Build it with `make build` in a "
            f"clone of the project, which makes bin/{NAME}, and set AIRDOCK_PLUGIN to its path."
            if not named
            else f"The plugin binary was not found: AIRDOCK_PLUGIN names {named}, which is no file. "
            f"Build it with `make build` in a clone of the project, which makes bin/{NAME}; without "
            f"AIRDOCK_PLUGIN it is looked for at {BESIDE_PACKAGE} and on the PATH."
        )
    if not os.access(path, os.X_OK):
        raise PluginNotFoundError(f"The plugin binary {path} may not be executed: run `chmod +x {path}`.")
    return path
