"""The page *Models*: who quotes prices, and how that is changed."""

from playwright.sync_api import Page, expect

from tests.dashboard.conftest import Stack, cell, shoot


def test_the_champion_and_its_errors_are_the_apis(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/models")
    champion = stack.api.get("/models").json()["champion"]

    expect(page.get_by_role("heading", name="xgboost quotes prices")).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").nth(0)).to_have_text(f"${champion['mae']:,.0f}")
    expect(page.get_by_test_id("stMetricValue").nth(2)).to_have_text(f"{champion['r2']:.4f}")
    expect(cell(page, stack.versions["linear"]).first).to_be_attached()
    shoot(page, "models")


def test_a_version_is_promoted_and_rolled_back_behind_a_confirmation(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/models")
    page.get_by_role("button", name="Promote ...").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(stack.versions["linear"])
    assert stack.champion() == stack.versions["xgboost"], "Nothing may happen before the confirmation."
    dialog.get_by_text("Promote it whatever its errors").click()
    dialog.get_by_role("button", name="Promote", exact=True).click()
    expect(page.get_by_text(f"Done. {stack.versions['linear']} is promoted by hand.")).to_be_visible()
    expect(page.get_by_role("heading", name="linear quotes prices")).to_be_visible()
    assert stack.champion() == stack.versions["linear"]

    page.get_by_role("button", name="Roll back ...").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back", exact=True).click()
    expect(page.get_by_role("heading", name="xgboost quotes prices")).to_be_visible()
    assert stack.champion() == stack.versions["xgboost"]


def test_two_versions_stand_side_by_side_and_meet(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/models?part=Compare+two")
    one, other = stack.versions["xgboost"], stack.versions["linear"]
    told = stack.api.get("/comparison", params={"champion": one, "challenger": other}).json()
    shown = stack.api.get(f"/versions/{one}").json()

    expect(cell(page, f"{shown['summary']['mae']:.5g}").first).to_be_attached()
    expect(cell(page, "n_estimators")).to_be_attached()
    page.get_by_role("button", name="Let them meet on the hold-out").click()
    expect(page.get_by_text(told["reason"])).to_be_visible()
    shoot(page, "compare")


def test_the_model_card_is_shown_with_its_plots(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/models?part=Model+card")

    expect(page.get_by_text("of the prices within 10%")).to_be_visible()
    expect(page.get_by_text("Predicted against true prices")).to_be_visible()
    shoot(page, "card")
