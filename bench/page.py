"""The generated parts of docs/performance.md: nobody types a figure."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import figures
import scenarios

WHOLE = {"break_long_words": False, "break_on_hyphens": False}


def filled(page: str, run: Mapping[str, Any]) -> str:
    """
    Return the page with the parts between its markers made anew.

    :param run: the JSON of a run.
    :raises ValueError: the page has no place for something that the run has.
    """
    said = [["", ""], *([name, value] for name, value in run["machine"].items())]
    page = figures.replaced(page, "machine", figures.as_markdown(said))
    page = figures.replaced(page, "targets", targets(run))
    for name, record in run["scenarios"].items():
        page = figures.replaced(page, name, part(name, record))
    return page


def part(name: str, record: Mapping[str, Any]) -> str:
    """Return the part of a scenario: what is measured, the table, when, and what failed."""
    scenario = scenarios.load(name)
    table = figures.cells(scenario.metrics, figures.summary(record), scenario.base, record["errors"])
    turns = max((len(taken) for taken in record["samples"].values()), default=0)
    when = record["began"].replace("T", " ").rstrip("Z")
    text = [
        scenario.what,
        figures.as_markdown(table),
        f"Medians of {turns}; in parentheses the ratio to {scenario.base}. Measured {when} UTC, with a load "
        f"average of {record['load']:.2f} before.",
    ]
    text += [f"{row}: {error.splitlines()[0][:200]}" for row, error in record["errors"].items()]
    # A table's line is one line, however long.
    return "\n\n".join(one if one.startswith("|") else textwrap.fill(one, 110, **WHOLE) for one in text)


def targets(run: Mapping[str, Any]) -> str:
    """Return the table of all targets and what became of them."""
    lines = [["target", "measured", ""]]
    for name, record in run["scenarios"].items():
        scenario = scenarios.load(name)
        rows = figures.summary(record)
        lines += [
            [f"{scenario.name}: {words}", value, word]
            for words, value, word in figures.verdicts(scenario.targets, scenario.metrics, rows)
        ]
    return figures.as_markdown(lines)
