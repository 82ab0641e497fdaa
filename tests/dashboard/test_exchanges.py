"""The page *Exchanges*: recorded requests are found, shown and sent again."""

import re
from uuid import UUID

import httpx
from playwright.sync_api import Page, expect

from diamonds.database import engine
from diamonds.exchanges.database import dead_letters
from diamonds.exchanges.database.dead_letters import Refusal
from tests.dashboard.conftest import Stack, cell, choose, shoot, wait_until_drawn
from tests.exchanges.conversations import make_request, make_response
from tests.processes import wait_until

STONE = {"carat": 1.01, "cut": "Premium", "color": "E", "clarity": "SI1"}


def recorded(stack: Stack, response: httpx.Response) -> str:
    """The id of an exchange, once it is in the database."""
    exchange = response.headers["X-Exchange-Id"]
    wait_until(lambda: stack.api.get(f"/exchanges/{exchange}").status_code == httpx.codes.OK)
    return str(exchange)


def test_an_exchange_is_found_by_its_id_and_sent_again(page: Page, stack: Stack) -> None:
    response = stack.api.post("/predict", json=STONE)
    exchange = recorded(stack, response)
    page.goto(f"{stack.dashboard}/exchanges?id={exchange}")

    expect(page.get_by_role("heading", name="POST /predict: 200")).to_be_visible()
    expect(page.get_by_text('"Premium"').first).to_be_visible()
    expect(page.get_by_text(str(response.json()["price"])).first).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    price = f"${response.json()['price']:,.2f}"
    expect(page.get_by_text(f"Price then {price}, now {price} (+0.00 USD).")).to_be_visible()


def test_the_filters_leave_what_passes_them(page: Page, stack: Stack) -> None:
    refused = recorded(stack, stack.api.post("/similar", json={**STONE, "cut": "Great"}))
    answered = recorded(stack, stack.api.post("/similar", json=STONE))
    page.goto(f"{stack.dashboard}/exchanges?path=%2Fsimilar&status=400&period=last+hour")

    expect(cell(page, refused)).to_be_attached()
    expect(cell(page, answered)).to_have_count(0)
    expect(page.get_by_test_id("stMetricValue").nth(3)).to_have_text("100.0%")


def test_what_the_dashboard_reads_by_itself_is_left_out_until_it_is_wanted(page: Page, stack: Stack) -> None:
    page.goto(stack.dashboard)
    expect(page.get_by_role("heading", name="What if")).to_be_visible()
    own = {"path": "/explain", "bodies": "false"}
    wait_until(lambda: stack.api.get("/exchanges", params=own).json()["exchanges"])
    page.goto(f"{stack.dashboard}/exchanges?path=%2Fexplain&period=last+hour")
    read = stack.api.get("/exchanges", params=own).json()["exchanges"]
    by_itself = [each["id"] for each in read if "by itself" in each["request_headers"]["user-agent"]]

    expect(page.get_by_text(f"Also {len(by_itself):,} that the dashboard read by itself")).to_be_visible()
    expect(cell(page, by_itself[0])).to_have_count(0)
    page.get_by_text("that the dashboard read by itself").click()
    expect(cell(page, by_itself[0])).to_be_attached()


def test_a_quoted_stones_sale_is_stored_from_its_exchange(page: Page, stack: Stack) -> None:
    exchange = recorded(stack, stack.api.post("/predict", json={**STONE, "carat": 1.02}))
    page.goto(f"{stack.dashboard}/exchanges?id={exchange}")
    page.get_by_role("button", name="This stone was sold for").click()
    page.get_by_role("spinbutton", name="Price").fill("5000")
    page.get_by_role("button", name="Store").click()
    expect(page.get_by_text("Stored: sold for $5,000. It was quoted at $")).to_be_visible()


def test_an_exchange_is_found_by_what_was_answered(page: Page, stack: Stack) -> None:
    refused = recorded(stack, stack.api.post("/similar", json={**STONE, "cut": "Superb"}))
    answered = recorded(stack, stack.api.post("/similar", json=STONE))
    page.goto(f"{stack.dashboard}/exchanges")
    page.get_by_label("Search in requests and answers").fill("got cut='superb'")
    page.keyboard.press("Enter")

    expect(cell(page, answered)).to_have_count(0)
    expect(cell(page, refused)).to_be_attached()
    expect(page).to_have_url(re.compile("text="))


def test_the_newest_exchanges_are_listed_with_charts(page: Page, stack: Stack) -> None:
    exchange = recorded(stack, stack.api.post("/predict", json=STONE))
    page.goto(f"{stack.dashboard}/exchanges")

    expect(cell(page, exchange)).to_be_attached()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(3)
    shoot(page, "exchanges")


def test_an_id_that_is_none_gets_the_services_sentence(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/exchanges?id=nonsense")

    expect(page.get_by_text("expected the X-Exchange-Id of a response, a UUID")).to_be_visible()


def test_a_request_that_only_reads_is_sent_again_with_its_query_and_one_that_changes_is_not(
    page: Page, stack: Stack
) -> None:
    query = {"champion": stack.versions["linear"], "challenger": stack.versions["xgboost"]}
    reading = recorded(stack, stack.api.get("/comparison", params=query))
    page.goto(f"{stack.dashboard}/exchanges?id={reading}")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Answer now: 200")).to_be_visible()

    changing = recorded(stack, stack.api.post("/promotions", json={"version": "diamonds-linear:nothing"}))
    page.goto(f"{stack.dashboard}/exchanges?id={changing}")
    expect(page.get_by_text("It is not sent again from here")).to_be_visible()
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)


def test_the_selected_exchange_is_shown_in_full_until_others_are_listed(page: Page, stack: Stack) -> None:
    for cut in ("Great", "Greater", "Greatest"):
        recorded(stack, stack.api.post("/similar", json={**STONE, "cut": cut}))
    page.goto(f"{stack.dashboard}/exchanges?path=%2Fsimilar&status=400")
    table = page.get_by_test_id("stDataFrame")
    expect(cell(page, "/similar").first).to_be_attached()
    table.scroll_into_view_if_needed()
    wait_until_drawn(page)  # the charts above the table move it
    table.click(position={"x": 18, "y": 52 + 35})
    expect(page.get_by_text('"Greater"').first).to_be_visible()

    choose(page, "Status", "any")
    expect(page.get_by_text("Choose a row to see its request and answer in full.")).to_be_visible()


def test_any_path_can_be_filtered_by(page: Page, stack: Stack) -> None:
    listed = recorded(stack, stack.api.get("/models/linear"))
    page.goto(f"{stack.dashboard}/exchanges")
    field = page.get_by_role("combobox", name="Path")
    field.fill("/models/linear")
    field.press("Enter")

    expect(cell(page, listed)).to_be_attached()
    expect(cell(page, "/predict")).to_have_count(0)


def test_exchanges_that_the_database_refuses_are_counted(page: Page, stack: Stack) -> None:
    request = make_request(1)
    with engine().begin() as connection:
        dead_letters.add(connection, (request, make_response(request)), Refusal("not this one", "23514"))
        count = dead_letters.count(connection)  # other tests share the database
    try:
        sample = re.compile(rf"^diamonds_exchanges_refused\S* {count}\.0$", re.MULTILINE)
        wait_until(lambda: sample.search(stack.api.get("/metrics").text))
        page.goto(f"{stack.dashboard}/exchanges")
        warning = re.compile(rf"{count} exchanges? refused by the database")
        expect(page.get_by_text(warning)).to_be_visible()
    finally:
        with engine().begin() as connection:
            dead_letters.remove(connection, [UUID(request.id)])
