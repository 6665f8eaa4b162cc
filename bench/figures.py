"""Medians, ratios, targets and tables: what becomes of the samples. Knows no engine and runs nothing."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: What a cell says that has no figure.
NOTHING = "–"


@dataclass(frozen=True)
class Metric:
    """
    A column of a scenario's table.

    :param key: its name in a sample.
    :param title: the column's head, with the unit.
    :param digits: after the point.
    :param ratio: whether the ratio to the base stands beside it.
    """

    key: str
    title: str
    digits: int = 2
    ratio: bool = True


@dataclass(frozen=True)
class Target:
    """
    What one row is to reach.

    :param row: the contender.
    :param key: the metric.
    :param limit: at most this much, or at least, when ``least``.
    :param beside: another row: the limit is on the ratio to it.
    :param minus: another row: the limit is on the difference to it.
    """

    row: str
    key: str
    limit: float
    beside: str = ""
    minus: str = ""
    least: bool = False

    def value(self, rows: Mapping[str, Mapping[str, float]]) -> float | None:
        """Return what was reached, or None where a row is missing."""
        found = rows.get(self.row, {}).get(self.key)
        other = rows.get(self.beside or self.minus, {}).get(self.key) if self.beside or self.minus else 0.0
        if found is None or other is None or (self.beside and not other):
            return None
        return found / other if self.beside else found - other

    def reached(self, rows: Mapping[str, Mapping[str, float]]) -> bool | None:
        """Return whether it was reached, or None where a row is missing."""
        value = self.value(rows)
        if value is None:
            return None
        return value >= self.limit if self.least else value <= self.limit

    def words(self, title: str) -> str:
        """Return the target as a sentence's part; ``title`` is the metric's."""
        bound = f"{'at least' if self.least else 'at most'} {self.limit:g}"
        if self.beside:
            return f"{self.row}, {title}: {bound} x {self.beside}"
        if self.minus:
            return f"{self.row}, {title}: {bound} over {self.minus}"
        return f"{self.row}, {title}: {bound}"


def medians(samples: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """Return each row's median of each metric that its samples have."""
    found: dict[str, dict[str, float]] = {}
    for row, taken in samples.items():
        keys = dict.fromkeys(key for sample in taken for key in sample)
        found[row] = {
            key: statistics.median(sample[key] for sample in taken if key in sample) for key in keys
        }
    return found


def turns(names: Sequence[str], number: int) -> list[str]:
    """Return the order of one round: each round begins with the next contender."""
    start = number % len(names) if names else 0
    return [*names[start:], *names[:start]]


def cells(
    metrics: Sequence[Metric], rows: Mapping[str, Mapping[str, float]], base: str, errors: Mapping[str, str]
) -> list[list[str]]:
    """Return a table: its head, and a line for each contender; the ratio to the base in parentheses."""
    table = [["", *(metric.title for metric in metrics)]]
    for row in dict.fromkeys([*rows, *errors]):
        line = [row]
        for metric in metrics:
            value = rows.get(row, {}).get(metric.key)
            of = rows.get(base, {}).get(metric.key)
            if value is None:
                line.append(NOTHING)
            elif metric.ratio and of and row != base:
                line.append(f"{value:,.{metric.digits}f} ({value / of:.2f} x)")
            else:
                line.append(f"{value:,.{metric.digits}f}")
        if row in errors and not rows.get(row):
            line[1:] = ["failed" if metric is metrics[0] else "" for metric in metrics]
        table.append(line)
    return table


def verdicts(
    targets: Sequence[Target], metrics: Sequence[Metric], rows: Mapping[str, Mapping[str, float]]
) -> list[tuple[str, str, str]]:
    """Return for each target its words, what was measured, and ``reached``, ``missed`` or ``unknown``."""
    titles = {metric.key: metric.title for metric in metrics}
    found = []
    for target in targets:
        value, reached = target.value(rows), target.reached(rows)
        words = target.words(titles.get(target.key, target.key))
        measured = NOTHING if value is None else f"{value:,.3g}"
        found.append((words, measured, {True: "reached", False: "missed", None: "unknown"}[reached]))
    return found


def as_text(table: Sequence[Sequence[str]]) -> str:
    """Return a table in columns for a terminal."""
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def as_markdown(table: Sequence[Sequence[str]]) -> str:
    """Return a table for a page."""
    head, *lines = table
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *lines])


def replaced(page: str, name: str, content: str) -> str:
    """
    Return a page with what stands between the markers of a name replaced.

    :raises ValueError: the page has no such markers.
    """
    begin, end = f"<!-- bench:{name} -->", "<!-- bench:end -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"The page has no part between {begin} and {end}.")
    return f"{before}{begin}\n{content.strip()}\n{end}{after}"


def summary(record: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return the medians of a scenario's record in the JSON of a run."""
    return medians(record["samples"])
