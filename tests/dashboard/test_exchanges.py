"""The page *Exchanges*: what was asked and answered is found, shown and asked again."""

import httpx
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import Stack, cell, shoot
from tests.processes import wait_until

STONE = {"carat": 1.01, "cut": "Premium", "color": "E", "clarity": "SI1"}


def kept(stack: Stack, response: httpx.Response) -> str:
    """The id of an exchange, once it is in the database."""
    exchange = response.headers["X-Exchange-Id"]
    wait_until(lambda: stack.api.get(f"/exchanges/{exchange}").status_code == httpx.codes.OK)
    return str(exchange)


def test_an_exchange_is_found_by_its_id_and_sent_again(page: Page, stack: Stack) -> None:
    response = stack.api.post("/predict", json=STONE)
    exchange = kept(stack, response)
    page.goto(f"{stack.dashboard}/exchanges?id={exchange}")

    expect(page.get_by_role("heading", name="POST /predict: 200")).to_be_visible()
    expect(page.get_by_text('"Premium"').first).to_be_visible()
    expect(page.get_by_text(str(response.json()["price"])).first).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    price = f"${response.json()['price']:,.2f}"
    expect(page.get_by_text(f"Price then {price}, now {price} (+0.00 USD).")).to_be_visible()


def test_the_filters_leave_what_passes_them(page: Page, stack: Stack) -> None:
    refused = kept(stack, stack.api.post("/similar", json={**STONE, "cut": "Great"}))
    answered = kept(stack, stack.api.post("/similar", json=STONE))
    page.goto(f"{stack.dashboard}/exchanges?path=%2Fsimilar&status=400&period=last+hour")

    expect(cell(page, refused)).to_be_attached()
    expect(cell(page, answered)).to_have_count(0)
    expect(page.get_by_test_id("stMetricValue").nth(3)).to_have_text("100.0%")


def test_an_exchange_is_found_by_what_was_answered(page: Page, stack: Stack) -> None:
    refused = kept(stack, stack.api.post("/similar", json={**STONE, "cut": "Superb"}))
    answered = kept(stack, stack.api.post("/similar", json=STONE))
    page.goto(f"{stack.dashboard}/exchanges")
    page.get_by_label("Search in requests and answers").fill("got cut='superb'")
    page.keyboard.press("Enter")

    expect(cell(page, answered)).to_have_count(0)
    expect(cell(page, refused)).to_be_attached()
    assert "text=" in page.url


def test_the_newest_exchanges_are_listed_with_charts(page: Page, stack: Stack) -> None:
    exchange = kept(stack, stack.api.post("/predict", json=STONE))
    page.goto(f"{stack.dashboard}/exchanges")

    expect(cell(page, exchange)).to_be_attached()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(3)
    shoot(page, "exchanges")


def test_an_id_that_is_none_gets_the_services_sentence(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/exchanges?id=nonsense")

    expect(page.get_by_text("expected the X-Exchange-Id of an answer, a UUID")).to_be_visible()
