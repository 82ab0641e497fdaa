"""The page *Models*: the champion, comparisons, promotions, and versions as files."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import Stack, cell, choose, drawn_bars, shoot
from tests.processes import wait_until


def test_the_champion_and_its_errors_are_the_apis(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/models")
    champion = stack.api.get("/models").json()["champion"]

    expect(page.get_by_role("heading", name="xgboost quotes prices")).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").nth(0)).to_have_text(f"${champion['mae']:,.0f}")
    expect(page.get_by_test_id("stMetricValue").nth(2)).to_have_text(f"{champion['r2']:.4f}")
    expect(cell(page, stack.versions["linear"]).first).to_be_attached()
    expect(cell(page, "challenger")).to_have_count(1)
    reasons = page.get_by_test_id("stTable")
    for promotion in stack.api.get("/promotions").json()["promotions"]:
        expect(reasons.get_by_text(promotion["reason"], exact=True).first).to_be_visible()
    shoot(page, "models")


@pytest.fixture
def champion_restored(stack: Stack) -> Iterator[None]:
    """Makes xgboost the champion again where a test ended before it did."""
    yield
    if stack.champion() != stack.versions["xgboost"]:
        promoted = {"version": stack.versions["xgboost"], "force": True}
        stack.api.post("/promotions", json=promoted).raise_for_status()


@pytest.mark.usefixtures("champion_restored")
def test_a_champion_is_rolled_back_and_promoted_again_behind_a_confirmation(page: Page, stack: Stack) -> None:
    linear, xgboost = stack.versions["linear"], stack.versions["xgboost"]
    page.goto(f"{stack.dashboard}/models")
    page.get_by_role("button", name="Roll back ...").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{xgboost} would be replaced: {linear} quotes prices again.")
    assert stack.champion() == xgboost, "Nothing may happen before the confirmation."
    dialog.get_by_role("button", name="Roll back", exact=True).click()
    expect(page.get_by_role("heading", name="linear quotes prices")).to_be_visible()
    assert stack.champion() == linear

    choose(page, "Version", xgboost)
    page.get_by_role("button", name="Promote ...").click()
    expect(dialog).to_contain_text(f"{xgboost} would quote prices")
    dialog.get_by_text("Promote it whatever its errors").click()
    dialog.get_by_role("button", name="Promote", exact=True).click()
    expect(page.get_by_text(f"Done. {xgboost} is promoted by hand.").first).to_be_visible()
    assert stack.champion() == xgboost


def test_two_versions_are_compared_side_by_side_and_on_the_hold_out(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/models?part=Compare+two")
    one, other = stack.versions["xgboost"], stack.versions["linear"]
    decision = stack.api.get("/comparison", params={"champion": one, "challenger": other}).json()
    details = stack.api.get(f"/versions/{one}").json()

    facts = page.get_by_test_id("stTable").first.locator("td")
    expect(facts.get_by_text(f"${details['summary']['mae']:,.1f}", exact=True)).to_be_visible()
    expect(facts.get_by_text("n_estimators")).to_be_visible()
    by = stack.api.get(f"/versions/{other}").json()["summary"]["mae"] - details["summary"]["mae"]
    expect(facts.get_by_text(f"{'+' if by >= 0 else '-'}${abs(by):,.1f}")).to_be_visible()
    data = stack.api.get(f"/datasets/{details['summary']['dataset']}")
    assert data.status_code == httpx.codes.NOT_FOUND, (
        "Versions without their dataset are compared all the same."
    )
    expect(facts.get_by_text("stones learned from")).to_be_visible()
    page.get_by_text("Only what differs").click()
    expect(facts.get_by_text("stones learned from")).to_have_count(0)
    expect(facts.get_by_text("n_estimators")).to_be_visible()
    page.get_by_role("button", name="Compare on the hold-out").click()
    expect(page.get_by_text(decision["reason"])).to_be_visible()
    shoot(page, "compare")


def test_the_model_card_is_shown_with_its_figures(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/models?part=Model+card")

    expect(page.get_by_text("of the prices within 10%")).to_be_visible()
    expect(page.get_by_role("heading", name="xgboost", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(3)
    expect(page.get_by_text("![")).to_have_count(0)
    shoot(page, "card")


def test_what_moves_prices_is_drawn_greatest_first_for_one_version_after_the_other(
    page: Page, stack: Stack
) -> None:
    page.goto(f"{stack.dashboard}/models?part=Model+card")

    for tag in (stack.versions["linear"], stack.versions["xgboost"]):
        choose(page, "Card of version", tag)
        expect_importance(page, stack, tag)


def expect_importance(page: Page, stack: Stack, tag: str) -> None:
    """The bars come to stand as the API lists the properties of this version."""
    importance = stack.api.get(f"/versions/{tag}").json()["figures"]["importance"]
    greatest_first = [each["property"] for each in importance]
    chart = page.get_by_test_id("stVegaLiteChart").nth(2)
    wait_until(lambda: [bar["property"] for bar in drawn_bars(chart)] == greatest_first)


def test_a_version_is_downloaded_and_uploaded_again_once_it_is_gone(
    page: Page, stack: Stack, tmp_path: Path
) -> None:
    linear = stack.versions["linear"]
    page.goto(f"{stack.dashboard}/models")
    choose(page, "Version", linear)
    file = download(page, tmp_path)
    assert file.name == f"{linear.replace(':', '-')}.bentomodel"
    page.reload()
    dialog = upload(page, file)
    expect(dialog.get_by_text(f"The model store has {linear} already.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Upload", exact=True)).to_be_disabled()
    shutil.rmtree(stack.store / "models" / linear.replace(":", "/"))
    page.reload()
    expect(page.get_by_role("heading", name="xgboost quotes prices")).to_be_visible()
    assert linear not in listed(stack)

    dialog = upload(page, file)
    shoot(page, "upload")
    dialog.get_by_role("button", name="Upload", exact=True).click()
    expect(
        page.get_by_text(re.compile(f"{linear} is in the history. [0-9]+ files are what was saved"))
    ).to_be_visible()
    expect(cell(page, linear).first).to_be_attached()
    assert linear in listed(stack)
    choose(page, "Version", linear)
    page.get_by_role("button", name="Accept ...").click()
    page.get_by_role("dialog").get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_text(f"{linear} quotes for linear from now on.")).to_be_visible()


def test_a_file_that_was_tampered_with_is_refused_with_the_reason(
    page: Page, stack: Stack, tmp_path: Path
) -> None:
    content = stack.api.get(f"/version_files/{stack.versions['linear']}").content
    file = tmp_path / "tampered.bentomodel"
    file.write_bytes(content[:-1000])
    page.goto(f"{stack.dashboard}/models")
    dialog = upload(page, file)
    dialog.get_by_role("button", name="Upload", exact=True).click()

    expect(dialog.get_by_text("It ends before its archive does; was it cut off on its way?")).to_be_visible()


def download(page: Page, folder: Path) -> Path:
    """The file of the selected version, saved in the folder."""
    page.get_by_role("button", name="Download ...").click()
    with page.expect_download() as downloading:
        page.get_by_role("dialog").get_by_role("button", name="Download", exact=True).click()
    file = folder / downloading.value.suggested_filename
    downloading.value.save_as(file)
    return file


def upload(page: Page, file: Path) -> Locator:
    """The dialog for uploads, with the file in it."""
    page.get_by_role("button", name="Upload ...").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_test_id("stFileUploaderDropzone").locator("input").set_input_files(file)
    # Until the file is there, the field for it has a button of the same name.
    expect(dialog.get_by_role("button", name="Upload", exact=True)).to_have_count(1)
    return dialog


def listed(stack: Stack) -> set[str]:
    return {each["version"] for each in stack.api.get("/models/linear").json()["versions"]}
