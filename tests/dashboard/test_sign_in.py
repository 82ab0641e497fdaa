"""Where keys are configured, people sign in with theirs and see what it allows."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from diamonds.database import migrate
from diamonds.keys import database
from diamonds.keys.key import id_of
from diamonds.keys.scopes import Scope
from diamonds.settings import PROJECT, settings
from tests.bento_service.serving import bearer
from tests.dashboard.conftest import Stack, dashboard, wait_until_drawn
from tests.processes import wait_until

CONFIGURED = "a-key-of-the-settings"
ALL_PAGES = ["Quote", "Batch", "Sales", "Train", "Models", "Monitor", "Exchanges"]
OF_ADMINS = ("Promote ...", "Roll back ...", "Download ...", "Upload ...")


@dataclass(frozen=True, slots=True)
class Guarded:
    """A dashboard that asks for keys, and its log."""

    url: str
    log: Path


@pytest.fixture(scope="module")
def guarded(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    log = tmp_path_factory.mktemp("guarded") / "log"
    environment = {"DIAMONDS_SERVICE_URL": str(stack.api.base_url), "DIAMONDS_API_KEYS": CONFIGURED}
    with dashboard(log, environment) as url:
        yield Guarded(url, log)


@pytest.fixture(scope="module")
def keys(stack: Stack) -> dict[str, str]:
    """Keys by what they are for, once the service knows them."""
    scopes = {
        "quoting": [Scope.QUOTE],
        "reading": [Scope.READ],
        "clerk": [Scope.QUOTE, Scope.READ],
        "feedback": [Scope.FEEDBACK],
        "admin": [Scope.ADMIN],
        "revoked": [Scope.READ],
    }
    migrate()
    keys = {name: database.add(f"{name} {uuid4().hex[:8]}", of_key) for name, of_key in scopes.items()}
    # The newest: the service reads all at once.
    wait_until(lambda: stack.api.get("/keys/self", headers=bearer(keys["revoked"])).is_success)
    return keys


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def shown_pages(page: Page) -> list[str]:
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    wait_until_drawn(page)
    return [name for name in ALL_PAGES if page.get_by_role("link", name=name, exact=True).count()]


def test_nothing_is_shown_before_a_known_key_comes(
    page: Page, guarded: Guarded, keys: dict[str, str]
) -> None:
    page.goto(f"{guarded.url}/exchanges")
    expect(page.get_by_label("API key")).to_be_visible()
    assert page.get_by_role("link", name="Exchanges").count() == 0
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)
    for wrong in ("nobodys-key", "schlüssel\u202e"):
        sign_in(page, wrong)
        expect(page.get_by_test_id("stAlert")).to_be_visible()
        expect(page.get_by_label("API key")).to_have_value("")
    sign_in(page, keys["admin"])
    expect(page.get_by_role("heading", name="Exchanges")).to_be_visible()


@pytest.mark.parametrize(
    ("key", "pages"),
    [
        ("quoting", ["Quote", "Batch", "Models"]),
        ("clerk", ["Quote", "Batch", "Models", "Monitor", "Exchanges"]),
        ("admin", ALL_PAGES),
    ],
)
def test_the_pages_are_those_that_the_key_allows(
    page: Page, guarded: Guarded, keys: dict[str, str], key: str, pages: list[str]
) -> None:
    page.goto(guarded.url)
    sign_in(page, keys[key])
    assert shown_pages(page) == pages


@pytest.mark.parametrize(("key", "buttons"), [("quoting", []), ("admin", list(OF_ADMINS))])
def test_versions_are_promoted_and_uploaded_by_admins_only(
    page: Page, guarded: Guarded, keys: dict[str, str], key: str, buttons: list[str]
) -> None:
    page.goto(f"{guarded.url}/models")
    sign_in(page, keys[key])
    expect(page.get_by_role("heading", name="xgboost quotes prices")).to_be_visible()
    wait_until_drawn(page)

    assert [name for name in OF_ADMINS if page.get_by_role("button", name=name).count()] == buttons


def test_a_key_that_only_reports_sales_sees_their_page_alone(
    page: Page, guarded: Guarded, keys: dict[str, str]
) -> None:
    page.goto(guarded.url)
    sign_in(page, keys["feedback"])

    expect(page.get_by_role("heading", name="Sales", exact=True)).to_be_visible()
    assert page.get_by_role("link", name="Quote").count() == 0


def test_the_key_is_neither_in_the_address_nor_on_the_page_nor_stored_nor_logged(
    page: Page, guarded: Guarded, keys: dict[str, str]
) -> None:
    page.goto(guarded.url)
    sign_in(page, keys["quoting"])
    assert shown_pages(page)

    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    cookies = str(page.context.cookies())
    for place in (page.url, page.content(), stored, cookies, guarded.log.read_text()):
        assert keys["quoting"] not in place


def test_a_revoked_key_signs_out_at_its_next_call(
    page: Page, guarded: Guarded, stack: Stack, keys: dict[str, str]
) -> None:
    page.goto(f"{guarded.url}/exchanges")
    sign_in(page, keys["revoked"])
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    database.revoke(str(id_of(keys["revoked"].encode())))
    mine = bearer(keys["revoked"])
    wait_until(lambda: stack.api.get("/keys/self", headers=mine).status_code == httpx.codes.UNAUTHORIZED)
    page.get_by_role("button", name="Refresh").click()

    expect(page.get_by_label("API key")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)


def test_signing_out_leaves_nothing_to_the_next_person(
    page: Page, guarded: Guarded, keys: dict[str, str]
) -> None:
    page.goto(f"{guarded.url}/exchanges")
    sign_in(page, keys["reading"])
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_text("You are signed out.")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)
    sign_in(page, keys["quoting"])
    assert shown_pages(page) == ["Quote", "Batch", "Models"]


def test_who_is_idle_is_signed_out(
    stack: Stack, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # AppTest replaces it
    monkeypatch.setenv("DIAMONDS_SERVICE_URL", str(stack.api.base_url))
    monkeypatch.setenv("DIAMONDS_API_KEYS", CONFIGURED)
    monkeypatch.setenv("DIAMONDS_SESSION_IDLE_MINUTES", "0.1")
    settings.cache_clear()
    try:
        app = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60).run()
        app.text_input[0].input(keys["feedback"])
        app.button[0].click().run()
        assert "feedback" in app.markdown[0].value
        time.sleep(7)
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
