"""The logs of a run and of a build, as Airflow shows them."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect
from standalone import Standalone

Keep = Callable[[str], None]


def open_log(page: Page, dag: str, run: str, task: str) -> Locator:
    page.goto(f"/dags/{dag}/runs/{run}/tasks/{task}")
    # Each message is a code element, too; the whole log alone has the groups of Airflow.
    return page.get_by_role("code").filter(has_text="Pre Execute")


def test_the_log_of_a_run_has_the_lines_of_the_container(airflow: Standalone, page: Page, keep: Keep) -> None:
    dag = "tutorial-provider-docker-run"
    log = open_log(page, dag, airflow.run(dag), "call-docker-run")
    expect(log).to_contain_text(re.compile(r"Container \S+ \([0-9a-f]{12}\) of image bash runs on tcp://"))
    for line in (r"total \d+", r"drwx\S+ .* etc", r"drwx\S+ .* usr"):
        expect(log.get_by_role("code").filter(has_text=re.compile(f"^{line}$"))).to_be_visible()
    keep("log-of-a-run")


def test_the_log_of_a_build_folds_each_step(airflow: Standalone, page: Page, keep: Keep) -> None:
    dag = "tutorial-provider-docker-build"
    log = open_log(page, dag, airflow.run(dag), "call-docker-build")
    steps = {
        "[internal] load build definition from Dockerfile": r"transferring dockerfile: \d+ bytes",
        '[2/2] RUN echo "built by airdock" > /etc/motd': r"CACHED|done in \d+\.\d+ s",
    }
    for step in steps:
        expect(log.get_by_text(step)).to_be_visible()
    expect(log.get_by_text("exporting to image")).to_be_visible()
    expect(log.get_by_text(re.compile(r"Built sha256:[0-9a-f]{64} as test-docker in "))).to_be_visible()
    expect(log.get_by_text("transferring")).to_have_count(0)
    keep("log-of-a-build-folded")
    for step, line in steps.items():
        log.get_by_text(step).click()
        expect(log.get_by_text(re.compile(line)).first).to_be_visible()
    keep("log-of-a-build-unfolded")


def test_every_line_of_a_flood_is_there_to_read_and_to_find(
    airflow: Standalone, page: Page, keep: Keep
) -> None:
    open_log(page, "flood", airflow.run("flood"), "flood")
    # The page has only the records around those in sight, at first the last ones.
    expect(page.get_by_text("calm", exact=True)).to_be_visible()
    page.get_by_placeholder("Search logs").fill("line 2345 of the flood")
    expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()
    expect(page.get_by_text("line 2345 of the flood").first).to_be_visible()
    keep("log-of-a-flood")
