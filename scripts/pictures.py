"""Takes the README's pictures of a dashboard: ``python scripts/pictures.py http://127.0.0.1:8501``.

It is one of `make run` after some use: the pictures show what is recorded there. Needs Chromium on PATH.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
WIDTH, HEIGHT = 1360, 1180
PATIENCE_MS = 240_000
STILL_MS = 10_000
"""How long charts take to be drawn once the page is complete."""

PAGES = {
    "quote": "/?carat=1.01&cut=Premium&color=F&clarity=VS1",
    "models": "/models",
    "monitor": "/monitor",
    "exchanges": "/exchanges",
}
"""The address of each page by the name of its picture."""


def main(url: str) -> None:
    """Takes a picture of the top of each page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(PATIENCE_MS)
        for name, address in PAGES.items():
            take(page, f"{url.rstrip('/')}{address}", FOLDER / f"{name}.png")
        browser.close()


def take(page: Page, address: str, file: Path) -> None:
    """Saves a picture of what a window shows of a page."""
    page.goto(address)
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE_MS)
    page.wait_for_timeout(STILL_MS)
    page.screenshot(path=file)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8501")
