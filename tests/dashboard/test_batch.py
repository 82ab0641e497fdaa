"""The page *Batch*: files as people have them go in, prices and reasons come out."""

from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.dashboard.conftest import Stack, cell, choose, shoot, wait_until_drawn
from tests.stones_files import excel, parquet

STONES = pl.DataFrame(
    {
        "Carat Weight": [0.7, 1.2, -1.0, 0.5, 0.9],
        "cut": ["Ideal", "VG", "Good", "Great", "Premium"],
        "colour": ["g", "E", "D", "H", "J"],
        "clarity": ["VS2", "si1", "IF", "VVS1", "I1"],
        "length mm": [5.7, None, 5.0, 5.1, 0.0],
        "note": ["a", "b", "c", "d", "e"],
    }
)
PLAIN = [
    {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2", "x": 5.7},
    {"carat": 1.2, "cut": "Very Good", "color": "E", "clarity": "SI1"},
    {"carat": 0.9, "cut": "Premium", "color": "J", "clarity": "I1"},
]


def upload(page: Page, name: str, content: bytes) -> None:
    file: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.get_by_test_id("stFileUploaderDropzone").locator("input").set_input_files(file)


def download(page: Page, button: str, path: Path) -> Path:
    with page.expect_download() as downloading:
        page.get_by_role("button", name=button, exact=True).click()
    downloading.value.save_as(path)
    return path


def test_a_file_is_described_priced_and_downloaded(page: Page, stack: Stack, tmp_path: Path) -> None:
    page.goto(f"{stack.dashboard}/batch")
    upload(page, "stones.xlsx", excel(STONES))
    expect(page.get_by_text("'Carat Weight' was read as carat.")).to_be_visible()
    expect(page.get_by_text("Not in the file, so unknown: depth, table, y, z.")).to_be_visible()
    expect(page.get_by_text("2 rows that cannot be priced, and why")).to_be_visible()
    expect(cell(page, "Got cut='Great'; expected one of ")).to_be_attached()
    page.get_by_role("button", name="Price 3 stones").click()
    expect(page.get_by_test_id("stMetricValue").nth(0)).to_have_text("3")
    shoot(page, "batch")
    priced = pl.read_csv(download(page, "Download as CSV", tmp_path / "priced.csv"))
    workbook = pl.read_excel(download(page, "Download as Excel", tmp_path / "priced.xlsx"))

    expected = stack.api.post("/predict_batch", json={"diamonds": PLAIN}).json()["predictions"]
    assert priced["price"].drop_nulls().to_list() == [each["price"] for each in expected]
    assert priced["problem"].is_null().to_list() == [True, True, False, False, True]
    assert priced["note"].to_list() == STONES["note"].to_list()
    assert workbook["price"].to_list() == priced["price"].to_list()


def test_a_file_that_is_no_table_gets_its_error_on_the_page(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/batch")
    upload(page, "my $tones, $old.csv", b"carat,cut,color,clarity\n")

    message = "my $tones, $old.csv has a header and no rows beneath it."
    expect(page.get_by_test_id("stAlert").get_by_text(message)).to_be_visible()


def test_what_is_asked_is_compared_and_the_best_deal_comes_first(
    page: Page, stack: Stack, tmp_path: Path
) -> None:
    fair = stack.api.post("/predict_batch", json={"diamonds": PLAIN}).json()["predictions"]
    asks = [round(fair[0]["price"]), 90_000, 400]
    heavy = {"carat": 45.0, "cut": "Ideal", "color": "D", "clarity": "IF"}
    offers = [
        {"stock": f"S{n}", **stone, "Asking": ask}
        for n, (stone, ask) in enumerate(zip(PLAIN, asks, strict=True))
    ]
    page.goto(f"{stack.dashboard}/batch")
    upload(page, "offers.csv", pl.DataFrame([*offers, {"stock": "S3", **heavy}]).write_csv().encode())
    page.get_by_role("button", name="Price 4 stones").click()

    figures = page.get_by_test_id("stMetricValue")
    expect(figures.nth(3)).to_have_text("1")
    expect(figures.nth(4)).to_have_text("1")
    wait_until_drawn(page)
    points = page.get_by_test_id("stVegaLiteChart").locator(".mark-symbol > path")
    labels = [point.get_attribute("aria-label") or "" for point in points.all()]
    assert any("side: below" in label and "asked: 400" in label for label in labels), labels
    page.get_by_role("radio", name="with warnings").click()
    expect(cell(page, "carat 45 is outside the ")).to_be_attached()
    page.get_by_role("radio", name="asked below the interval").click()
    shown = page.get_by_role("region", name="The stones with their prices.").locator("td", has_text="S2")
    expect(shown.first).to_be_attached()

    wait_until_drawn(page)
    priced = pl.read_csv(download(page, "Download as CSV", tmp_path / "priced.csv"))
    assert priced["stock"].to_list() == ["S2", "S0", "S1", "S3"]
    assert priced["price"].to_list()[:3] == [fair[n]["price"] for n in (2, 0, 1)]
    assert priced["outside"].to_list() == ["below", None, "above", None]
    assert "carat 45 is outside the " in priced["warning"][3]


def test_a_foreign_file_is_mapped_by_hand_and_the_next_one_of_its_source_by_name(
    page: Page, stack: Stack
) -> None:
    content = b"Ref,Gewogen,Slijpsel,Kl.,Zuiv.\nA,0.7,Ideal,G,VS2\nB,1.2,VG,E,SI1\n"
    page.goto(f"{stack.dashboard}/batch")
    upload(page, "foreign.csv", content)
    expect(page.get_by_text("Missing: 'carat', 'color', 'clarity'.")).to_be_visible()
    page.get_by_text("Map columns by hand").click()
    for ours, name, then in (
        ("carat", "Gewogen", "Missing: 'color', 'clarity'."),
        ("color", "Kl.", "Missing: 'clarity'."),
        ("clarity", "Zuiv.", "2 stones can be priced"),
    ):
        choose(page, ours, name)
        expect(page.get_by_text(then)).to_be_visible()
    expect(page.get_by_text("2 stones can be priced")).to_be_visible()
    wait_until_drawn(page)
    page.get_by_role("button", name="Save how this file is read").click()
    page.get_by_label("Name of the source").fill("dutch")
    page.get_by_label("Name of the source").press("Enter")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Choose it under")).to_be_visible()

    answer = stack.api.post(
        "/predict_batch?mapping=dutch", content=content, headers={"content-type": "text/csv"}
    )
    stones = [{**PLAIN[0], "x": None}, PLAIN[1]]
    fair = stack.api.post("/predict_batch", json={"diamonds": stones}).json()
    assert pl.read_csv(answer.content)["price"].to_list() == [each["price"] for each in fair["predictions"]]


@pytest.mark.slow
def test_a_hundred_thousand_stones_are_priced_and_their_exchanges_listed_without_them(
    page: Page, stack: Stack
) -> None:
    stones = pl.concat([STONES[:2]] * 50_000).rename({"Carat Weight": "carat"}).drop("note")
    page.goto(f"{stack.dashboard}/batch")
    upload(page, "many.parquet", parquet(stones))
    page.get_by_role("button", name="Price 100,000 stones").click()
    expect(page.get_by_test_id("stMetricValue").nth(0)).to_have_text("100,000")

    one, other = stack.api.post(
        "/predict_batch",
        json={"diamonds": PLAIN[:2]},
    ).json()["predictions"]
    expect(page.get_by_test_id("stMetricValue").nth(1)).to_have_text(
        f"${50_000 * (one['price'] + other['price']):,.0f}"
    )
    page.goto(f"{stack.dashboard}/exchanges?path=%2Fpredict_batch")
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(3)
    wanted = {"path": "/predict_batch", "bodies": "false"}
    assert len(stack.api.get("/exchanges", params=wanted).content) < 100_000
