"""Draws the charts of docs/performance.md and writes its tables, from the JSON of a run.

python bench/draw.py docs/performance/results.json docs/performance.md

Runs in an environment that has matplotlib and no Airflow.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot
from matplotlib.ticker import FuncFormatter, NullFormatter

import figures
import page
import scenarios

# The same figures give the same file.
mpl.rcParams |= {
    "svg.hashsalt": "airdock",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
}


Rows = Mapping[str, Mapping[str, float]]
#: One colour for each contender, the same in every chart.
COLOURS = {
    "airdock": "#1b6ca8",
    "airdock (Go host)": "#7fb2d9",
    "airdock volume": "#7fb2d9",
    "airdock (Python)": "#1b6ca8",
    "official": "#c8553d",
    "docker-py": "#e0a458",
    "buildx": "#8d6cab",
    "floor": "#8a8a8a",
    "floor (logs)": "#8a8a8a",
    "floor (attach)": "#c4c4c4",
}
OTHER = "#5c8a5c"
#: Numbers as people write them, on a logarithmic axis too.
PLAIN = FuncFormatter(lambda number, _: f"{number:,.6g}")


@dataclass(frozen=True)
class Bars:
    """Metrics of a scenario beside each other, a bar for each contender."""

    scenario: str
    keys: Sequence[str]
    title: str
    log: bool = False


@dataclass(frozen=True)
class Growth:
    """How a cost grows: a line for each contender over sizes, from one metric for each size."""

    scenario: str
    title: str
    x: str
    y: str
    points: Sequence[tuple[float, str]]
    value: Callable[[float, float], float] = lambda size, found: found


CHARTS: dict[str, Bars | Growth] = {
    "start": Bars("start", ["seconds"], "A container that does nothing, s"),
    "delay": Bars("delay", ["median", "worst"], "Delay of a line over TLS, ms", log=True),
    "lines": Bars("lines", ["rate"], "Lines of 100 bytes a second, drained"),
    "logs": Bars("logfile", ["rate", "single"], "Lines a second into a log file"),
    "supervised": Bars("supervised", ["rate"], "Lines a second through Airflow's supervisor"),
    "longline": Bars(
        "longline", ["seconds_25", "seconds_50", "seconds_200"], "Output without a line end, s", log=True
    ),
    "build": Bars("build", ["first", "changed", "unchanged"], "Builds of 200 MB, s"),
    "files": Bars(
        "files", ["large_put", "large_get", "put", "again", "get"], "Files into a volume and back, s"
    ),
    "growth-lines": Growth(
        "lines",
        "A container's output",
        "lines",
        "seconds",
        [(10_000, "rate_hundredth"), (100_000, "rate_tenth"), (1_000_000, "rate")],
        lambda size, rate: size / rate,
    ),
    "growth-files": Growth(
        "files",
        "Files of 10 KB into a volume",
        "files",
        "seconds",
        [(100, "put_100"), (1000, "put_1000"), (10_000, "put")],
    ),
    "growth-tasks": Growth(
        "many",
        "Containers side by side",
        "containers",
        "seconds",
        [(1, "rate_1"), (10, "rate_10"), (50, "rate")],
        lambda size, rate: size / rate,
    ),
}


def bars(chart: Bars, rows: Rows, titles: Mapping[str, str]) -> Any:
    """Draw a group of bars for each metric."""
    shown = [row for row in rows if any(key in rows[row] for key in chart.keys)]
    figure, axes = pyplot.subplots(figsize=(7, 0.5 + 0.22 * len(shown) * len(chart.keys)))
    height = 0.8 / max(1, len(shown))
    for place, row in enumerate(shown):
        at = [number + place * height for number in range(len(chart.keys))]
        found = [rows[row].get(key, 0.0) for key in chart.keys]
        drawn = axes.barh(at, found, height * 0.9, color=COLOURS.get(row, OTHER), label=row)
        names = [f" {row}  {value:,.3g}" if value < 1000 else f" {row}  {value:,.0f}" for value in found]
        axes.bar_label(
            drawn, [name if value else f" {row}  –" for name, value in zip(names, found, strict=True)]
        )
    middle = height * (len(shown) - 1) / 2
    axes.set_yticks([number + middle for number in range(len(chart.keys))])
    axes.set_yticklabels([titles.get(key, key) for key in chart.keys])
    axes.invert_yaxis()
    if chart.log:
        axes.set_xscale("log")
    axes.margins(x=0.35)
    finish(axes, chart.title)
    return figure


def growth(chart: Growth, rows: Rows) -> Any:
    """Draw lines over sizes, both axes logarithmic: what is straight and at 45 degrees is linear."""
    figure, axes = pyplot.subplots(figsize=(7, 3.2))
    for row, found in rows.items():
        points = [(size, chart.value(size, found[key])) for size, key in chart.points if found.get(key)]
        if points:
            axes.plot(*zip(*points, strict=True), marker="o", color=COLOURS.get(row, OTHER), label=row)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(chart.x)
    axes.set_ylabel(chart.y)
    axes.legend(frameon=False, fontsize=8)
    finish(axes, chart.title)
    return figure


def finish(axes: Any, title: str) -> None:
    """Leave away what says nothing, and write the numbers plainly."""
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            axis.set_major_formatter(PLAIN)
            axis.set_minor_formatter(NullFormatter())
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


def draw(run: Mapping[str, Any], folder: Path) -> None:
    """Write each chart whose scenario has figures."""
    for name, chart in CHARTS.items():
        record = run["scenarios"].get(chart.scenario)
        rows = figures.summary(record) if record else {}
        if not any(rows.values()):
            continue
        titles = {metric.key: metric.title for metric in scenarios.load(chart.scenario).metrics}
        figure = bars(chart, rows, titles) if isinstance(chart, Bars) else growth(chart, rows)
        figure.savefig(folder / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})
        pyplot.close(figure)


def main() -> None:
    results, written = Path(sys.argv[1]), Path(sys.argv[2])
    run = json.loads(results.read_text())
    draw(run, results.parent)
    written.write_text(page.filled(written.read_text(), run))


if __name__ == "__main__":
    main()
