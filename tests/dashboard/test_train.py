"""The page *Train*, with Prefect's server and a worker of its own: trainings are started and followed."""

import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from prefect import State, flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.states import Failed

from dashboard.train.run import REFRESH_SECONDS
from diamonds.settings import settings
from diamonds.training import uploads
from tests.browser import opened, watched
from tests.dashboard.conftest import PREFECT_AUTH, Stack, cell, shoot, wait_until_drawn
from tests.dashboard.hostile import HOSTILE, TEXTS, expect_literal, rendered
from tests.prefect_server import prefect_server
from tests.processes import process, wait_until

TRAINING_MS = 480_000


@pytest.fixture(scope="module")
def prefect(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncPrefectClient]:
    """A client of Prefect's server, which has a worker with the deployments of `prefect.yaml`."""
    folder = tmp_path_factory.mktemp("prefect")
    port = int(stack.prefect.rpartition(":")[2])
    environment = {
        "PREFECT_API_URL": f"{stack.prefect}/api",
        "PREFECT_API_AUTH_STRING": PREFECT_AUTH,
        "PREFECT_SERVER_API_AUTH_STRING": PREFECT_AUTH,
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "BENTOML_HOME": str(stack.store),
    }
    worker = [sys.executable, "-m", "flows.schedules"]
    with (
        prefect_server(folder, port, environment),
        process(worker, folder / "worker.log", environment | {"PREFECT_HOME": str(folder)}),
        SyncPrefectClient(api=f"{stack.prefect}/api", auth_string=PREFECT_AUTH) as client,
    ):
        wait_until(lambda: "all" in {each.name for each in client.read_deployments()})
        yield client


@pytest.mark.slow
def test_a_training_is_started_followed_and_ends_with_the_promotions_reason(
    page: Page, stack: Stack, prefect: SyncPrefectClient, few_stones: Path, tmp_path: Path
) -> None:
    page.goto(f"{stack.dashboard}/train?models=linear")
    upload = _upload_workbook(page, few_stones, tmp_path)
    run = _start(page)
    _make_old(upload)
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("Run .*: (pending|running)"))).to_be_visible()
    assert upload.exists(), "The run still needs it."
    expect(_completed(page)).to_be_visible(timeout=TRAINING_MS)

    newest = stack.api.get("/models/linear").json()["versions"][0]
    assert newest["flow_run"] == run
    expect(cell(page, newest["version"])).to_be_attached()
    expect(page.get_by_test_id("stAlert").get_by_text(re.compile(newest["version"]))).to_be_visible()
    link = page.get_by_role("link", name="See it in Prefect").get_attribute("href")
    assert link == f"{stack.prefect}/runs/flow-run/{run}"
    shoot(page, "train")
    wait_until(lambda: not upload.exists())


@pytest.fixture
def page_with_its_own_clock(browser: Browser, logs_no_traceback: None) -> Iterator[Page]:
    with opened(browser) as page, watched(page):
        yield page


@pytest.mark.slow
def test_the_page_asks_for_a_run_repeatedly_until_it_has_ended(
    page_with_its_own_clock: Page, stack: Stack, prefect: SyncPrefectClient
) -> None:
    page = page_with_its_own_clock
    page.clock.install()
    with page.expect_websocket() as opened:
        page.goto(f"{stack.dashboard}/train?models=linear")
    page.get_by_text("Also where nothing changed").click()
    _start(page)
    expect(page.get_by_role("heading", name=re.compile("Run .*: (pending|running)"))).to_be_visible()
    wait_until_drawn(page)
    with opened.value.expect_event("framesent"):
        page.clock.run_for(1000 * REFRESH_SECONDS)

    expect(_completed(page)).to_be_visible(timeout=TRAINING_MS)
    wait_until_drawn(page)
    expect(page.get_by_text("trained as a candidate, so the champion stays")).to_be_visible()
    requests: list[str | bytes] = []
    opened.value.on("framesent", lambda request: requests.append(request))
    page.clock.run_for(3000 * REFRESH_SECONDS)
    assert requests == []


@pytest.mark.slow
def test_a_run_shows_its_log_and_is_cancelled(
    page: Page, stack: Stack, prefect: SyncPrefectClient, few_stones: Path, tmp_path: Path
) -> None:
    page.goto(f"{stack.dashboard}/train?models=xgboost")
    _upload_workbook(page, few_stones, tmp_path)
    page.get_by_role("spinbutton", name="Trials").fill("500")
    page.get_by_role("spinbutton", name="Trials").press("Enter")
    run = _start(page)
    expect(page.get_by_role("heading", name=re.compile("Run .*: running"))).to_be_visible()
    wait_until_drawn(page)
    page.get_by_text("Show the log").click()
    expect(page.get_by_test_id("stCode")).to_contain_text("Beginning flow run", timeout=TRAINING_MS)
    page.get_by_role("button", name="Cancel ...").click()
    page.get_by_role("button", name="Cancel the training").click()

    expect(page.get_by_role("heading", name=re.compile("Run .*: cancelled"))).to_be_visible()
    newest = stack.api.get("/models/xgboost").json()["versions"]
    assert run not in {each["flow_run"] for each in newest}


@pytest.mark.slow
def test_what_prefect_tells_of_a_run_is_shown_as_it_is(
    page: Page, stack: Stack, prefect: SyncPrefectClient
) -> None:
    failed: State[None] = Failed(name=f"Failed {HOSTILE}", message=f"{HOSTILE}\n{HOSTILE}")
    run = prefect.create_flow_run(flow(name="elsewhere")(lambda: None), name=HOSTILE, state=failed)
    progress = {"key": "hostile", "type": "progress", "description": HOSTILE, "data": 50.0}
    # The client's own method would emit an event, for which it would start another server.
    prefect._client.post("/artifacts/", json=progress | {"flow_run_id": str(run.id)}).raise_for_status()
    page.goto(f"{stack.dashboard}/train?run={run.id}")

    expect(page.get_by_role("heading", name="evil.example")).to_be_visible()
    expect(page.get_by_test_id("stProgress")).to_contain_text("50%")
    expect_literal(page, *TEXTS[:5])
    assert rendered(page) == []


@pytest.fixture
def uploads_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DIAMONDS_HOME", str(tmp_path))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("uploads_home")
def test_an_upload_goes_when_it_is_old_and_no_training_needs_it() -> None:
    young, needed, unneeded = (uploads.store(f"{number}.csv", b"%d" % number) for number in range(3))
    twin = uploads.store("twin.csv", b"2")
    for path in (needed, unneeded):
        _make_old(path)
    uploads.delete_expired({str(needed)})
    assert [path.exists() for path in (young, needed, unneeded, twin)] == [True, True, False, True]

    uploads.store("1.csv", b"1")
    uploads.delete_expired(())
    assert needed.exists(), "It was uploaded once more."


def _upload_workbook(page: Page, stones: Path, folder: Path) -> Path:
    """Uploads the stones as an Excel workbook; returns where they are stored."""
    workbook = folder / "few.xlsx"
    pl.read_csv(stones, infer_schema_length=None).write_excel(workbook)
    page.get_by_test_id("stFileUploaderDropzone").locator("input").set_input_files(workbook)
    expect(page.get_by_text(re.compile("1,9[0-9]{2} stones to train and judge on"))).to_be_visible()
    return max((settings().home / "uploads").glob("*/few.xlsx"), key=lambda upload: upload.stat().st_mtime)


def _start(page: Page) -> str:
    """Starts the training; returns the id of its run."""
    page.get_by_role("button", name="Start training").click()
    run = re.compile("run=([0-9a-f-]{36})")
    expect(page).to_have_url(run)
    return str(run.findall(page.url)[0])


def _completed(page: Page) -> Locator:
    return page.get_by_role("heading", name=re.compile("Run .*: completed"))


def _make_old(path: Path) -> None:
    then = time.time() - uploads.RETENTION_SECONDS - 1
    os.utime(path, (then, then))
