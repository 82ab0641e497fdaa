"""Starts Debian's Chromium by Playwright, opens windows of it, and empties them between tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, ViewportSize, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages live for seconds: compilers that optimize their scripts cost more than they save.
    "--js-flags=--no-maglev --no-turbofan",
]

VIEWPORT: ViewportSize = {"width": 1360, "height": 1250}
PATIENCE_MS = 120_000
NO_CHROMIUM = "There is no Chromium on PATH; install it with: apt-get install chromium"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; it is closed in the end, for Playwright's event loop disturbs other tests' loops."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, timezone: str | None = None) -> Iterator[Page]:
    """A new window that shares nothing with others."""
    context = browser.new_context(viewport=VIEWPORT, timezone_id=timezone)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@contextmanager
def watched(page: Page) -> Iterator[None]:
    """Empties the window in the end; checks that only this machine was called, and no traceback was shown."""
    called: set[httpx.URL] = set()

    def note(request: Request) -> None:
        called.add(httpx.URL(request.url))

    page.on("request", note)
    try:
        yield
        text = page.locator("body").inner_text()
    finally:
        page.remove_listener("request", note)
        _empty(page, {f"{url.scheme}://{url.netloc.decode()}" for url in called if url.host})
    assert {url.host for url in called} <= {"127.0.0.1", ""}
    assert "Traceback" not in text


def _empty(page: Page, origins: set[str]) -> None:
    """Leaves a window as a new one is, but for what is cached of files."""
    page.goto("about:blank")
    browser_side = page.context.new_cdp_session(page)
    for origin in origins:
        browser_side.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    browser_side.detach()
    page.context.clear_cookies()
    page.set_viewport_size(VIEWPORT)
    page.emulate_media(color_scheme="light")
    page.mouse.move(0, 0)
