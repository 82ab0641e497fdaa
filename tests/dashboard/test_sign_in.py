"""Where keys are configured, people sign in with theirs and see what it allows."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from diamonds.settings import PROJECT, settings
from tests.dashboard.conftest import Stack, dashboard, wait_until_drawn
from tests.dashboard.key_service import KeyService, key_service

ALL_PAGES = ["Quote", "Batch", "Train", "Models", "Exchanges"]
OF_ADMINS = ("Promote ...", "Roll back ...", "Download ...", "Upload ...")


@dataclass(frozen=True, slots=True)
class Guarded:
    """A dashboard that asks for keys, its log, and the keys that its service knows."""

    url: str
    log: Path
    keys: KeyService


@pytest.fixture(scope="module")
def guarded(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    log = tmp_path_factory.mktemp("guarded") / "log"
    with key_service(str(stack.api.base_url).rstrip("/")) as keys:
        environment = {"DIAMONDS_SERVICE_URL": keys.url, "DIAMONDS_API_KEYS": '["a-key-of-the-settings"]'}
        with dashboard(log, environment) as url:
            yield Guarded(url, log, keys)


@pytest.fixture
def keys(guarded: Guarded) -> KeyService:
    guarded.keys.scopes = {
        "quoting-key": ["quote"],
        "reading-key": ["read"],
        "clerks-key": ["quote", "read"],
        "feedback-key": ["feedback"],
        "admins-key": ["admin"],
    }
    return guarded.keys


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def shown_pages(page: Page) -> list[str]:
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    wait_until_drawn(page)
    return [name for name in ALL_PAGES if page.get_by_role("link", name=name, exact=True).count()]


@pytest.mark.usefixtures("keys")
def test_nothing_is_shown_before_a_known_key_comes(page: Page, guarded: Guarded) -> None:
    page.goto(f"{guarded.url}/exchanges")
    expect(page.get_by_label("API key")).to_be_visible()
    assert page.get_by_role("link", name="Exchanges").count() == 0
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)
    for wrong in ("nobodys-key", "schlüssel\u202e"):
        sign_in(page, wrong)
        expect(page.get_by_test_id("stAlert")).to_be_visible()
        expect(page.get_by_label("API key")).to_have_value("")
    sign_in(page, "admins-key")
    expect(page.get_by_role("heading", name="Exchanges")).to_be_visible()


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("key", "pages"),
    [
        ("quoting-key", ["Quote", "Batch", "Models"]),
        ("clerks-key", ["Quote", "Batch", "Models", "Exchanges"]),
        ("admins-key", ALL_PAGES),
    ],
)
def test_the_pages_are_those_that_the_key_allows(
    page: Page, guarded: Guarded, key: str, pages: list[str]
) -> None:
    page.goto(guarded.url)
    sign_in(page, key)
    assert shown_pages(page) == pages


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(("key", "buttons"), [("quoting-key", []), ("admins-key", list(OF_ADMINS))])
def test_versions_are_promoted_and_uploaded_by_admins_only(
    page: Page, guarded: Guarded, key: str, buttons: list[str]
) -> None:
    page.goto(f"{guarded.url}/models")
    sign_in(page, key)
    expect(page.get_by_role("heading", name="xgboost quotes prices")).to_be_visible()
    wait_until_drawn(page)

    assert [name for name in OF_ADMINS if page.get_by_role("button", name=name).count()] == buttons


@pytest.mark.usefixtures("keys")
def test_a_key_that_only_reports_sales_sees_no_page(page: Page, guarded: Guarded) -> None:
    page.goto(guarded.url)
    sign_in(page, "feedback-key")

    expect(page.get_by_text("Your key allows nothing that these pages do.")).to_be_visible()


@pytest.mark.usefixtures("keys")
def test_the_key_is_neither_in_the_address_nor_on_the_page_nor_stored_nor_logged(
    page: Page, guarded: Guarded
) -> None:
    page.goto(guarded.url)
    sign_in(page, "quoting-key")
    assert shown_pages(page)

    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    cookies = str(page.context.cookies())
    for place in (page.url, page.content(), stored, cookies, guarded.log.read_text()):
        assert "quoting-key" not in place


def test_a_revoked_key_signs_out_at_its_next_call(page: Page, guarded: Guarded, keys: KeyService) -> None:
    page.goto(guarded.url)
    sign_in(page, "quoting-key")
    expect(page.get_by_text("Why this price")).to_be_visible()
    del keys.scopes["quoting-key"]
    page.get_by_role("radio", name="Premium").click()

    expect(page.get_by_label("API key")).to_be_visible()
    expect(page.get_by_text("Why this price")).to_have_count(0)


@pytest.mark.usefixtures("keys")
def test_signing_out_leaves_nothing_to_the_next_person(page: Page, guarded: Guarded) -> None:
    page.goto(f"{guarded.url}/exchanges")
    sign_in(page, "reading-key")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)
    sign_in(page, "quoting-key")
    assert shown_pages(page) == ["Quote", "Batch", "Models"]


def test_who_is_idle_is_signed_out(
    guarded: Guarded, keys: KeyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # AppTest replaces it
    monkeypatch.setenv("DIAMONDS_SERVICE_URL", guarded.keys.url)
    monkeypatch.setenv("DIAMONDS_API_KEYS", '["a-key-of-the-settings"]')
    monkeypatch.setenv("DIAMONDS_SESSION_IDLE_MINUTES", "0.02")
    settings.cache_clear()
    try:
        app = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60).run()
        app.text_input[0].input("feedback-key")
        app.button[0].click().run()
        assert "holder" in app.markdown[0].value
        time.sleep(2)
        assert "without activity" in app.run().info[0].value
        assert len(app.text_input) == 1
    finally:
        monkeypatch.undo()
        settings.cache_clear()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 101),
        ({"origin": "http://evil.example"}, 403),
        ({"host": "evil.example", "origin": "http://evil.example"}, 403),
    ],
    ids=["own", "foreign origin", "rebound name"],
)
def test_no_page_of_another_site_opens_a_session(stack: Stack, headers: dict[str, str], status: int) -> None:
    upgrade = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    with httpx.stream("GET", f"{stack.dashboard}/_stcore/stream", headers=upgrade | headers) as answer:
        assert answer.status_code == status
