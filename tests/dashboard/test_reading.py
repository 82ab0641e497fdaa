"""Everybody can read the pages: in every time zone, in a narrow window, by the keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import VIEWPORT, opened, watched
from tests.dashboard.conftest import Stack, no_traceback_logged
from tests.processes import wait_until

PATHS = (
    "",
    "batch",
    "sales",
    "train",
    "models",
    "models?part=Compare+two",
    "models?part=Model+card",
    "monitor",
    "exchanges",
)
WIDTHS = (800, 420)

# A slider's own inputs are invisible, and as long as it is from wherever its handles are.
BEYOND_THEIR_COLUMNS = """main => [...main.querySelectorAll("[data-testid=stColumn]")].flatMap(column =>
    [...column.querySelectorAll("table, svg.marks, [data-testid=stMetric], input:not([type=range]), p")]
        .filter(it => it.getBoundingClientRect().right > column.getBoundingClientRect().right + 1)
        .map(it => it.textContent))"""

# Texts that end in dots, and tables of which a part is out of sight; grids have their first columns in sight.
CUT_OFF = """main => [...main.querySelectorAll(":not([data-testid=stDataFrame] *)")].filter(it =>
    it.clientWidth > 1 && it.scrollWidth > it.clientWidth + 1 && it.textContent.trim() && (
        it.matches("table, [data-testid=stTable] > div")
        || ["hidden", "clip"].includes(getComputedStyle(it).overflowX)
    )).map(it => it.outerHTML.slice(0, 200))"""


def chart_text(page: Page, number: int) -> str:
    """The words and numbers of a chart, once it is there."""
    chart = page.get_by_test_id("stVegaLiteChart").nth(number)
    expect(chart.locator("svg text").first).to_be_visible()
    return chart.locator("svg").text_content() or ""


@pytest.mark.usefixtures("logs_no_traceback")
def test_charts_show_times_in_utc_as_the_tables_do(browser: Browser, stack: Stack) -> None:
    texts = {}
    for zone in ("UTC", "Asia/Kathmandu"):
        with opened(browser, zone) as page:
            page.goto(f"{stack.dashboard}/models")
            texts[zone] = chart_text(page, 0)

    assert ":" in texts["UTC"], "There are times of day on the axis."
    assert texts["Asia/Kathmandu"] == texts["UTC"]


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Page]:
    with opened(browser) as page:
        yield page


@pytest.fixture(scope="module", params=PATHS)
def drawn(reader: Page, stack: Stack, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Each page, for tests that only look at it."""
    with no_traceback_logged(stack), watched(reader):
        reader.set_viewport_size({"width": WIDTHS[0], "height": 1250})
        reader.goto(f"{stack.dashboard}/{request.param}")
        expect(reader.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        yield reader


def test_nothing_overlaps_or_is_cut_off_in_a_narrow_window(drawn: Page) -> None:
    main = drawn.get_by_test_id("stMain")  # the browser may still lay out what has come
    for width in WIDTHS:
        drawn.set_viewport_size({"width": width, "height": 1250})
        wait_until(lambda: not main.evaluate(BEYOND_THEIR_COLUMNS), within_s=30)
        wait_until(lambda: main.evaluate("it => it.scrollWidth - it.clientWidth") <= 1, within_s=30)
        wait_until(lambda: not main.evaluate(CUT_OFF), within_s=30, details=lambda: main.evaluate(CUT_OFF))


def test_every_control_has_a_name(drawn: Page) -> None:
    drawn.set_viewport_size(VIEWPORT)

    tree = drawn.get_by_test_id("stMain").aria_snapshot()
    controls = (
        "button",
        "textbox",
        "combobox",
        "slider",
        "spinbutton",
        "checkbox",
        "radio",
        "switch",
        "region",
    )
    lines = [line.strip(" -:\n'") for line in tree.splitlines()]
    assert not [line for line in lines if line.split(" ", 1)[0] in controls and '"' not in line]


def test_the_focused_link_is_outlined_and_opens_its_page(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/batch")
    link = page.get_by_role("link", name="Models")
    expect(link).to_be_visible()
    for _ in range(10):
        page.keyboard.press("Tab")
        if link.evaluate("it => it === document.activeElement"):
            break
    expect(link).to_be_focused()
    expect(link).to_have_css("outline-style", "solid")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
