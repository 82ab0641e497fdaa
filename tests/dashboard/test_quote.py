"""The page *Quote* in a browser, against the responses of the API."""

import re
from itertools import accumulate, pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.conftest import Stack, cell, drawn_bars, shoot

STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}


def quote(stack: Stack, **stone: Any) -> dict[str, Any]:
    answer: dict[str, Any] = stack.api.post("/predict", json={**STONE, **stone}).raise_for_status().json()
    return answer


def price(page: Page, number: int = 0) -> Any:
    return page.get_by_test_id("stMetricValue").nth(number)


def test_the_page_shows_the_champions_price_and_interval(page: Page, stack: Stack) -> None:
    page.goto(stack.dashboard)
    answer = quote(stack)

    expect(price(page)).to_have_text(f"${answer['price']:,.0f}")
    expect(page.get_by_text(f"${answer['low']:,.0f} to ${answer['high']:,.0f}")).to_be_visible()
    expect(page.get_by_text(f"Quoted by version {stack.champion()}")).to_be_visible()


def test_the_price_follows_the_slider_and_the_grades_at_once(page: Page, stack: Stack) -> None:
    page.goto(stack.dashboard)
    slider = page.get_by_role("slider", name="Carat")
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    page.get_by_role("radio", name="VVS1").click()

    expect(price(page)).to_have_text(f"${quote(stack, carat=0.75, clarity='VVS1')['price']:,.0f}")
    # The address contains the stone, to be sent to others.
    expect(page).to_have_url(re.compile("carat=0.75"))


def test_a_stones_address_opens_with_that_stone(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/?carat=1.5&cut=Good&color=D&x=7.3")

    expect(price(page)).to_have_text(
        f"${quote(stack, carat=1.5, cut='Good', color='D', x=7.3)['price']:,.0f}"
    )


def test_two_models_stand_side_by_side(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/?other=linear")
    first, second = quote(stack), quote(stack, model="linear")

    expect(price(page, 0)).to_have_text(f"${first['price']:,.0f}")
    expect(price(page, 1)).to_have_text(f"${second['price']:,.0f}")
    difference = f"{second['price'] - first['price']:+,.0f} USD"
    expect(page.get_by_test_id("stMetricDelta")).to_contain_text(difference)


def test_the_reasons_and_the_similar_stones_are_the_apis(page: Page, stack: Stack) -> None:
    page.goto(stack.dashboard)
    reasons = stack.api.post("/explain", json=STONE).json()["contributions"]
    similar = stack.api.post("/similar", json={**STONE, "n": 20}).json()

    expect(page.get_by_role("heading", name="Why this price")).to_be_visible()
    page.get_by_text("In words").click()
    expect(page.get_by_text(reasons[0]["text"])).to_be_visible()
    expect(page.get_by_text(f"in weight of {similar['available']:,} sold stones")).to_be_visible()
    expect(cell(page, f"{similar['samples'][0]['price']:.0f}").first).to_be_attached()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    shoot(page, "quote")


def test_the_waterfall_adds_up_in_order_after_each_change_of_the_stone(page: Page, stack: Stack) -> None:
    page.goto(stack.dashboard)
    stone = dict(STONE)
    expect_waterfall(page, stack, stone)

    for column, grade in {"clarity": "VVS1", "cut": "Fair", "color": "D"}.items():
        page.get_by_role("radio", name=grade, exact=True).click()
        stone[column] = grade
        expect_waterfall(page, stack, stone)


def expect_waterfall(page: Page, stack: Stack, stone: dict[str, Any]) -> None:
    """The bars are the API's steps to this price in their order; each starts where the last one ended."""
    reasons = stack.api.post("/explain", json=stone).raise_for_status().json()
    steps = [f"{each['feature']} {each['value']}" for each in reasons["contributions"]]
    chart = page.get_by_test_id("stVegaLiteChart").first
    for step in steps:
        expect(chart.get_by_label(f"label: {step};").first).to_be_attached()
    first, *bars, last = drawn_bars(chart)

    assert [bar["label"] for bar in (first, *bars, last)] == ["usual stone", *steps, "this stone"]
    assert first["left"] == last["left"], "Both prices should be drawn from 0."
    for before, after in pairwise([first, *bars]):
        assert start(after) == pytest.approx(end(before), abs=0.5)
    assert end(last) == pytest.approx(end(bars[-1]), abs=0.5)
    prices = accumulate((each["usd"] for each in reasons["contributions"]), initial=reasons["base"])
    assert [float(bar["to"]) for bar in (first, *bars)] == pytest.approx(list(prices))
    assert float(last["to"]) == float(bars[-1]["to"]) == reasons["price"]


def start(bar: dict[str, Any]) -> float:
    return float(bar["right" if bar["kind"] == "takes off" else "left"])


def end(bar: dict[str, Any]) -> float:
    return float(bar["left" if bar["kind"] == "takes off" else "right"])


def test_a_weight_is_typed_where_the_slider_is_too_coarse(page: Page, stack: Stack) -> None:
    page.goto(stack.dashboard)
    field = page.get_by_role("spinbutton", name="Carat, exactly")
    field.fill("1.37")
    field.press("Enter")

    expect(price(page)).to_have_text(f"${quote(stack, carat=1.37)['price']:,.0f}")
    expect(page.get_by_role("slider", name="Carat")).to_have_value("1.37")
    expect(page).to_have_url(re.compile("carat=1.37"))


def test_the_slider_ends_where_the_sold_stones_do_unless_more_is_typed(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/?color=D&clarity=IF")
    grades = {"cut": "Ideal", "color": "D", "clarity": "IF"}
    weights = stack.api.get("/grades", params=grades).raise_for_status().json()["weights"]
    slider = page.get_by_role("slider", name="Carat")
    expect(slider).to_have_attribute("max", f"{weights['high']:g}")
    field = page.get_by_role("spinbutton", name="Carat, exactly")
    field.fill("4.5")
    field.press("Enter")

    answer = quote(stack, carat=4.5, **grades)
    expect(slider).to_have_value("4.5")
    expect(price(page)).to_have_text(f"${answer['price']:,.0f}")
    expect(page.get_by_text("Too few stones of about 4.5 carat of Ideal, D, IF")).to_be_visible()
    expect(page.get_by_text(": a guess, for too few such stones were sold.")).to_be_visible()
    expect(page.get_by_text("of 100 such stones sell")).to_have_count(0)


def test_neighbouring_grades_and_weights_cost_what_the_api_says(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/?carat=1")
    expect(page.get_by_role("heading", name="What if")).to_be_visible()
    for name, change in {
        "clarity VS1": {"clarity": "VS1"},
        "color H": {"color": "H"},
        "0.99 carat": {},
    }.items():
        expect(cell(page, name)).to_be_attached()
        other = quote(stack, **{"carat": 1.0, **change})
        expect(cell(page, f"{int(other['price'])}").first).to_be_attached()
    per_carat = quote(stack, carat=1.0)["price"]
    expect(page.get_by_text(f"${per_carat:,.0f} per carat")).to_be_visible()
    expect(page.get_by_text("0.7 carat, Premium, G, VS2")).to_be_visible()


def test_what_a_stone_was_sold_for_is_stored_beside_its_quote(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/?carat=0.83")
    page.get_by_role("button", name="Sold for").click()
    page.get_by_role("spinbutton", name="Price").fill("3000")
    page.get_by_role("button", name="Store").click()

    off = 3000 / quote(stack, carat=0.83)["price"] - 1
    side = "above" if off >= 0 else "below"
    expect(page.get_by_text(f"the sale is {abs(off):.1%} {side} that")).to_be_visible()
    expect(page.get_by_text("So far quotes were off by")).to_be_visible()
    page.get_by_role("link", name="Hand in a file of sales").click()
    expect(page.get_by_role("heading", name="Sales", exact=True)).to_be_visible()


def test_the_price_stays_in_sight_in_a_narrow_window(page: Page, stack: Stack) -> None:
    page.set_viewport_size({"width": 420, "height": 700})
    page.goto(stack.dashboard)
    answer = quote(stack)
    bar = page.locator(".price-bar")
    expect(bar).to_have_text(f"${answer['price']:,.0f}  ${answer['low']:,.0f} - ${answer['high']:,.0f}")
    expect(bar).to_be_in_viewport()
    page.get_by_text("Similar stones that were sold").scroll_into_view_if_needed()
    expect(bar).to_be_in_viewport()
