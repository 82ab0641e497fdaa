"""The page *Sales*: a file of what quoted stones were sold for is stored, and the error so far is shown."""

from uuid import uuid4

from playwright.sync_api import FilePayload, Page, expect

from tests.bento_service.conftest import STONE
from tests.dashboard.conftest import Stack, cell, wait_until_drawn
from tests.processes import wait_until


def test_a_file_of_sales_is_stored_and_the_error_so_far_is_that_of_the_api(page: Page, stack: Stack) -> None:
    quote = stack.api.post("/predict", json={**STONE, "carat": 0.91})
    known = stack.api.get("/feedback").json()["sales"]
    content = f'quote id,sold for\n{quote.headers["x-exchange-id"]},"$2,900"\n{uuid4()},5\n'
    page.goto(f"{stack.dashboard}/sales")
    file: FilePayload = {"name": "sales.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.get_by_test_id("stFileUploaderDropzone").locator("input").set_input_files(file)
    expect(cell(page, quote.headers["x-exchange-id"])).to_be_attached()
    page.get_by_role("button", name="Store these sales").click()

    expect(cell(page, "expected the X-Exchange-Id of an answer of POST /predict")).to_be_attached()
    wait_until(lambda: stack.api.get("/feedback").json()["sales"] > known)
    page.reload()
    found = stack.api.get("/feedback").json()
    wait_until_drawn(page)
    expect(page.get_by_test_id("stMetricValue").nth(0)).to_have_text(f"{found['sales']:,}")
    expect(page.get_by_test_id("stMetricValue").nth(1)).to_have_text(f"${found['mae']:,.0f}")
    expect(page.get_by_test_id("stMetricValue").nth(2)).to_have_text(f"{found['mape']:.1%}")


def test_a_file_that_has_no_sales_says_what_it_lacks(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.dashboard}/sales")
    file: FilePayload = {"name": "stones.csv", "mimeType": "text/csv", "buffer": b"carat,price\n1,5000\n"}
    page.get_by_test_id("stFileUploaderDropzone").locator("input").set_input_files(file)

    expect(page.get_by_text("has no column with the ids of the quotes")).to_be_visible()
    expect(page.get_by_role("button", name="Store these sales")).to_have_count(0)
