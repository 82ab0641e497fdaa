"""The real service with two models, the real dashboard before it, and a browser."""

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from diamonds.database import running as database_running
from diamonds.settings import PROJECT
from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE
from tests.bento_service.serving import worker_serving
from tests.browser import PATIENCE_MS, VIEWPORT, chromium, opened, watched
from tests.processes import free_port, process, wait_until

SCREENSHOTS = PROJECT / ".artifacts" / "screenshots"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PREFECT_AUTH = "tests:their-string"


expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True, slots=True)
class Stack:
    """The URL and the log of the dashboard, the API that it calls, and the versions of the API."""

    dashboard: str
    log: Path
    api: httpx.Client
    versions: dict[str, str]
    store: Path
    prefect: str

    def champion(self) -> str:
        return str(self.api.get("/promotions").json()["promotions"][0]["version"])


@pytest.fixture(scope="package")
def store(linear: Version, xgboost: Version, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of BentoML's own with a version of two models and no champion."""
    home = tmp_path_factory.mktemp("dashboard") / "bentoml"
    for version in (linear, xgboost):
        name, _, identity = version.tag.partition(":")
        shutil.copytree(version.folder, home / "models" / name / identity)
        (home / "models" / name / "latest").write_text(identity)
    return home


@pytest.fixture(scope="package")
def stack(
    store: Path, linear: Version, xgboost: Version, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The service with xgboost as champion after linear, and the dashboard."""
    folder, prefect = tmp_path_factory.mktemp("stack"), f"http://127.0.0.1:{free_port()}"
    log = folder / "dashboard.log"
    with (
        database_running(),
        worker_serving(folder / "service.log", environment={"BENTOML_HOME": str(store)}) as service,
        dashboard(
            log,
            {
                "DIAMONDS_SERVICE_URL": service.url,
                "DIAMONDS_PREFECT_URL": prefect,
                "PREFECT_API_AUTH_STRING": PREFECT_AUTH,
            },
        ) as url,
        service.client() as api,
    ):
        for version in (linear, xgboost):
            api.post("/promotions", json={"version": version.tag, "force": True}).raise_for_status()
        wait_until(lambda: api.post("/predict", json=STONE).json().get("version") == xgboost.tag)
        yield Stack(url, log, api, {"linear": linear.tag, "xgboost": xgboost.tag}, store, prefect)


@contextmanager
def dashboard(log: Path, environment: dict[str, str]) -> Iterator[str]:
    """The dashboard on a free port, started as `diamonds run` does."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
    where = ["--server.address", "127.0.0.1", "--server.port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with process([*command, *where], log, environment, until=f"{url}/_stcore/health"):
        yield url


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, closed with this package."""
    with chromium() as browser:
        yield browser


@contextmanager
def no_traceback_logged(stack: Stack) -> Iterator[None]:
    """Fails where the dashboard logs a traceback: its pages show none, whatever fails."""
    start = stack.log.stat().st_size
    yield
    assert "Traceback" not in stack.log.read_bytes()[start:].decode()


@pytest.fixture
def logs_no_traceback(stack: Stack) -> Iterator[None]:
    with no_traceback_logged(stack):
        yield


@pytest.fixture(scope="package")
def window(browser: Browser) -> Iterator[Page]:
    """A window for one test after the other: its process compiles the scripts of the pages but once."""
    with opened(browser) as page:
        yield page


@pytest.fixture
def page(window: Page, logs_no_traceback: None) -> Iterator[Page]:
    """The window with nothing in it of the tests before."""
    with watched(window):
        yield window


def cell(page: Page, text: str) -> Locator:
    """Cells of tables with this text: drawn on a canvas, which has them as elements for screen readers."""
    return page.locator("canvas td", has_text=text)


def drawn_bars(chart: Locator) -> list[dict[str, Any]]:
    """The bars of a chart from top to bottom: the fields of each one's label, and its ends in pixels."""
    bars: list[dict[str, Any]] = chart.locator(".mark-rect > path").evaluate_all(_READ_BARS)
    return bars


_READ_BARS = """bars => bars.map(bar => {
    const fields = Object.fromEntries(bar.ariaLabel.split("; ").map(field => field.split(": ")));
    const {top, left, right} = bar.getBoundingClientRect();
    return {...fields, top, left, right};
}).sort((one, other) => one.top - other.top)"""


UNCHANGED_FOR_FRAMES = """(element, frames) => new Promise(resolve => {
    let before = "", unchanged = 0;
    const look = () => {
        unchanged = element.innerHTML === before ? unchanged + 1 : 0;
        before = element.innerHTML;
        unchanged < frames ? requestAnimationFrame(look) : resolve();
    };
    look();
})"""


def wait_until_drawn(page: Page) -> None:
    """Waits until the script has run, charts are drawn, and nothing moves any more."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    for chart in page.get_by_test_id("stVegaLiteChart").all():
        expect(chart.locator("svg").first).to_be_visible()
    page.get_by_test_id("stMain").evaluate(UNCHANGED_FOR_FRAMES, 20)


def choose(page: Page, box: str, option: str) -> None:
    """Chooses in a selection box, once the page is drawn, for drawing it again closes the box.

    The option is named whole, or, of versions, by the tag.
    """
    wait_until_drawn(page)
    page.get_by_role("combobox", name=box).click()
    page.get_by_role("option", name=re.compile(rf"^(★ )?{re.escape(option)}( ·|$)")).click()


def shoot(page: Page, name: str) -> None:
    """Saves pictures of the whole page for people to look at, on light and on dark."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size or VIEWPORT
    height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": before["width"], "height": max(before["height"], height)})
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        wait_until_drawn(page)
        page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)
