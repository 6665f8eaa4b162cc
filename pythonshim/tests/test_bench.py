"""What becomes of the samples of `make bench`: medians, ratios, verdicts, and a page."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from support import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "bench"))

import figures
import page
import scenarios
from contenders import Command, Failed, FreshWorker, Worker
from figures import Metric, Target

METRICS = (Metric("seconds", "s"), Metric("peak", "MB", 0, ratio=False))
ROWS = {"floor": {"seconds": 2.0, "peak": 10.0}, "ours": {"seconds": 3.0, "peak": 1234.5}}


def test_a_median_is_of_the_samples_that_have_the_metric() -> None:
    samples = {"ours": [{"seconds": 1.0}, {"seconds": 9.0, "peak": 5.0}, {"seconds": 2.0}, {}], "out": []}
    assert figures.medians(samples) == {"ours": {"seconds": 2.0, "peak": 5.0}, "out": {}}


def test_each_round_begins_with_the_next_contender() -> None:
    assert [figures.turns("abc", number) for number in range(4)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    ]
    assert figures.turns([], 3) == []


def test_a_table_has_ratios_to_the_base_and_keeps_who_failed() -> None:
    table = figures.cells(METRICS, {**ROWS, "half": {"peak": 1.0}}, "floor", {"gone": "Missing: no buildx"})
    assert table == [
        ["", "s", "MB"],
        ["floor", "2.00", "10"],
        ["ours", "3.00 (1.50 x)", "1,234"],
        ["half", figures.NOTHING, "1"],
        ["gone", "failed", ""],
    ]
    assert figures.as_markdown(table).splitlines()[:2] == ["|  | s | MB |", "| --- | --: | --: |"]
    assert figures.as_text(table).splitlines()[1] == "floor           2.00     10"


@pytest.mark.parametrize(
    ("target", "value", "reached"),
    [
        (Target("ours", "seconds", 3), 3.0, True),
        (Target("ours", "seconds", 1.4, beside="floor"), 1.5, False),
        (Target("ours", "seconds", 1.5, beside="floor", least=True), 1.5, True),
        (Target("ours", "seconds", 0.9, minus="floor"), 1.0, False),
        (Target("ours", "seconds", 1, beside="gone"), None, None),
        (Target("gone", "seconds", 1), None, None),
    ],
)
def test_a_target_is_reached_missed_or_unknown(target: Target, value: float, reached: bool) -> None:
    assert (target.value(ROWS), target.reached(ROWS)) == (value, reached)
    ((_, _, word),) = figures.verdicts([target], METRICS, ROWS)
    assert word == {True: "reached", False: "missed", None: "unknown"}[reached]


def test_the_page_has_a_place_for_every_scenario_and_is_filled_from_the_samples_alone() -> None:
    text = (REPOSITORY / "docs" / "performance.md").read_text()
    record = {
        "began": "2026-01-02T03:04:05Z",
        "load": 0.25,
        "samples": {"ours": [{}]},
        "errors": {"buildx": "Missing: no"},
    }
    run = {"machine": {"engine": "1.2.3"}, "scenarios": dict.fromkeys(scenarios.NAMES, record)}
    once = page.filled(text, run)
    assert "| engine | 1.2.3 |" in once
    assert once.count("2026-01-02 03:04:05 UTC") == len(scenarios.NAMES)
    assert page.filled(once, run) == once
    with pytest.raises(ValueError, match="no part between <!-- bench:start -->"):
        page.filled(text.replace("<!-- bench:start -->", ""), run)


def test_the_page_shows_only_charts_that_exist() -> None:
    text = (REPOSITORY / "docs" / "performance.md").read_text()
    named = re.findall(r"\(performance/([a-z-]+\.svg)\)", text)
    assert named
    assert [name for name in named if not (REPOSITORY / "docs" / "performance" / name).exists()] == []


def worker(body: str) -> list[str]:
    return [sys.executable, "-c", f"import sys, json\nfor _ in sys.stdin:\n    {body}"]


def test_a_worker_answers_each_time_and_says_why_it_cannot(tmp_path: Path) -> None:
    going = Worker(worker("print(json.dumps({'lines': 3}), flush=True)"), {}, 20)
    assert [going()["lines"], going()["lines"]] == [3, 3]
    going.close()
    fresh = FreshWorker(worker("print(json.dumps({'seconds': 0.5}), flush=True)"), {}, 20)()
    assert fresh["seconds"] == 0.5
    assert {"cpu", "peak"} <= fresh.keys()
    with pytest.raises(Failed, match="out of ideas"):
        FreshWorker(worker("sys.exit('out of ideas')"), {}, 20)()


def test_a_command_that_fails_or_takes_too_long_is_told() -> None:
    assert Command([sys.executable, "-c", ""], {}, 20)()["seconds"] > 0
    with pytest.raises(Failed, match="exited with 3"):
        Command([sys.executable, "-c", "raise SystemExit(3)"], {}, 20)()
    with pytest.raises(Failed, match="more than 0 s"):
        Command([sys.executable, "-c", "import signal; signal.pause()"], {}, 0.3)()
