"""Fixtures: Airflow, a browser, and the folder that its screenshots go to.

scripts/test_ui.sh names Airflow's virtual environment and the browser; the engine is that of the DOCKER_*
variables.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from standalone import REPOSITORY, Standalone

#: Airflow's first answers come late on a machine that is busy.
PATIENCE_MS = 30_000
_failed = pytest.StashKey[bool]()


@dataclass(frozen=True)
class Engine:
    """The engine, as its connection's form wants it."""

    host: str
    port: str
    ca: Path
    cert: Path
    key: Path


def pytest_configure() -> None:
    # Whoever ends the tests ends Airflow, as with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash[_failed] = item.stash.get(_failed, False) or report.failed
    return report


@pytest.fixture(scope="session")
def pictures() -> Path:
    """The folder for screenshots; those of an earlier run are gone from it."""
    folder = REPOSITORY / "build" / "ui"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def engine() -> Engine:
    address, certificates = urlsplit(os.environ["DOCKER_HOST"]), Path(os.environ["DOCKER_CERT_PATH"])
    materials = (certificates / f"{name}.pem" for name in ("ca", "cert", "key"))
    return Engine(str(address.hostname), str(address.port), *materials)


@pytest.fixture(scope="session")
def airflow(pictures: Path) -> Iterator[Standalone]:
    home = Path(tempfile.mkdtemp(prefix="airdock-ui-"))
    started = Standalone(Path(os.environ["AIRDOCK_UI_AIRFLOW"]), home / "airflow", pictures / "airflow.log")
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.end()
        home.rmdir()
        # What the tutorial builds; it is there only when that ran.
        subprocess.run(["airdock", "image", "rm", "--force", "test-docker"], check=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    # Chromium's sandbox refuses root.
    arguments = ["--no-proxy-server", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=os.environ["AIRDOCK_UI_BROWSER"], args=arguments
        )
        yield launched
        launched.close()


@pytest.fixture
def page(
    request: pytest.FixtureRequest, browser: Browser, airflow: Standalone, pictures: Path
) -> Iterator[Page]:
    """A page with nothing of another test in it; a test that fails leaves a picture of it."""
    context = browser.new_context(
        base_url=airflow.url, viewport={"width": 1600, "height": 1250}, locale="en-US"
    )
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    yield opened
    if request.node.stash.get(_failed, False):
        opened.screenshot(path=pictures / f"failed-{request.node.name}.png")
    context.close()


@pytest.fixture
def keep(page: Page, pictures: Path) -> Callable[[str], None]:
    """A function that keeps a picture of the page by the name of what it shows."""

    def picture(name: str) -> None:
        page.screenshot(path=pictures / f"{name}.png", animations="disabled")

    return picture
