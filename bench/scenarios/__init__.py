"""One small file for each question. The order is that of a run and of docs/performance.md."""

from __future__ import annotations

from importlib import import_module

from scenario import Scenario

NAMES = (
    "start",
    "cold",
    "import",
    "delay",
    "lines",
    "logfile",
    "supervised",
    "longline",
    "progress",
    "build",
    "files",
    "waiting",
    "many",
    "engines",
    "plugin",
)


def load(name: str) -> Scenario:
    """Return a scenario by its name; its module is the name with an underscore where Python has a word."""
    found: Scenario = import_module(f"scenarios.{name}{'_' if name == 'import' else ''}").SCENARIO
    return found
