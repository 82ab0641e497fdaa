"""Texts that become something else wherever they are rendered, and a look at whether they did."""

from playwright.sync_api import Page, expect

from tests.dashboard.conftest import wait_until_drawn

OWNED = "owned"
TEXTS = (
    f"<img src=x onerror=document.title='{OWNED}'>",
    f"[link](javascript:document.title='{OWNED}')",
    "![picture](http://evil.example/x.png)",
    "http://evil.example/ www.evil.example me@evil.example",
    r"$\LaTeX$ `code` **strong** ~~gone~~",
    ":material/skull: :material_skull: :streamlit: :smile: :red[red] :small[small]",
    "a -- b -> c <= d",
)
HOSTILE = " ".join(TEXTS)
HIDDEN, HIDDEN_SHOWN = "gpj\u202eexe \u200bz \x07", r"gpj\u202eexe \u200bz \x07"
HUGE = "h" * 50_000

_MADE_BY_TEXTS = """app => [
    ...app.querySelectorAll(`img[src=x], img[src*=evil], img[alt*=logo], a[href*=evil]:not([href^='#']),
        a[href^=javascript], a[href^=mailto], .katex, [aria-label="skull icon"]`),
    ...[...app.querySelectorAll("code, strong, del, span")].filter(it => !it.closest("[data-testid=stJson]")
        && ["code", "strong", "gone", "red", "small"].includes(it.textContent)),
].map(it => it.outerHTML)"""


def expect_literal(page: Page, *texts: str) -> None:
    """Fails unless these texts are on the page as they are."""
    wait_until_drawn(page)
    main = page.get_by_test_id("stApp")
    shown = " ".join(main.inner_text().replace("\u2060", "").split())
    assert [text for text in texts if text not in shown] == [], shown
    expect(page).not_to_have_title(OWNED)


def rendered(page: Page) -> list[str]:
    """The elements that are on the page because one of the texts was rendered."""
    found: list[str] = page.get_by_test_id("stApp").evaluate(_MADE_BY_TEXTS)
    return found
