"""Datasets over HTTP: the routes of the service, a real Prefect server, and a real model store."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import polars as pl
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun

from bento_service.http.access import need_of
from bento_service.http.app import Api
from bento_service.routes import ROUTES
from diamonds.api.client import Client
from diamonds.dataset.market_folder import add_file
from diamonds.keys.scopes import Scope
from diamonds.settings import settings
from diamonds.stack.prefect import variables
from diamonds.versions import datasets
from diamonds.versions.reference import foreign_source
from tests.flows.test_automations import runs_of
from tests.flows.test_trainings import fresh_variables as fresh_variables
from tests.processes import free_port, wait_until
from tests.stones_files import parquet

CSV = "text/csv"


def send(content: bytes, content_type: str = CSV, **query: str) -> httpx.Response:
    async def sent() -> httpx.Response:
        transport = httpx.ASGITransport(Api(Api, ROUTES))  # type: ignore[arg-type] # nothing of it is reached
        async with httpx.AsyncClient(transport=transport, base_url="http://service", timeout=60) as client:
            headers = {"content-type": content_type}
            return await client.post("/datasets", content=content, headers=headers, params=query)

    return asyncio.run(sent())


class InProcess(httpx.BaseTransport):
    """Carries the requests of a client to the routes of the service in this process."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def answered() -> httpx.Response:
            routes = httpx.ASGITransport(Api(Api, ROUTES))  # type: ignore[arg-type] # as above
            answer = await routes.handle_async_request(request)
            content = await answer.aread()
            return httpx.Response(answer.status_code, headers=answer.headers, content=content)

        return asyncio.run(answered())


@pytest.fixture
def diamonds() -> Iterator[Client]:
    """A client of the service's routes."""
    with Client("http://service", transport=InProcess()) as client:
        yield client


@pytest.fixture
def runs(deployed: SyncPrefectClient) -> Iterator[None]:
    """Deletes the runs of a test in the end."""
    yield
    for run in started(deployed):
        deployed.delete_flow_run(run.id)


def started(client: SyncPrefectClient) -> list[FlowRun]:
    """The trainings that events started."""
    return [run for run in runs_of(client, "train/all") if not run.auto_scheduled]


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the configured market's data."""
    (tmp_path / "sold").mkdir()
    monkeypatch.setenv("DIAMONDS_DATA", str(tmp_path / "sold"))
    settings.cache_clear()
    return tmp_path / "sold"


@pytest.mark.usefixtures("empty_model_store", "runs")
def test_the_same_stones_are_one_dataset_in_whatever_file_and_have_one_training(
    few_stones: Path, deployed: SyncPrefectClient, diamonds: Client
) -> None:
    stones = pl.read_csv(few_stones, infer_schema_length=None)
    first = send(few_stones.read_bytes(), name="antwerp.csv")
    (run,) = wait_until(lambda: started(deployed))
    again = diamonds.add_dataset(
        parquet(stones.reverse()), "application/vnd.apache.parquet", "mumbai.parquet"
    )

    answer = first.json()
    assert (answer["new"], again["new"]) == (True, False)
    assert (first.status_code, send(few_stones.read_bytes()).status_code) == (201, 200)
    assert answer["report"]["read"] == len(stones)
    assert again["fingerprint"] == answer["fingerprint"]
    assert again["tag"] == answer["tag"]
    assert [each.id for each in started(deployed)] == [run.id]
    assert answer["training"]["id"] in (None, str(run.id)), "The server may take its time."
    assert again["training"] == {"state": "started", "id": str(run.id)}
    assert run.parameters["data"] == datasets.reference_to(answer["fingerprint"])
    assert datasets.load(answer["fingerprint"]).report.kept == answer["report"]["kept"]
    assert foreign_source(answer["fingerprint"]) == "upload://antwerp.csv", "It never promotes by itself."


@pytest.mark.parametrize(
    ("content", "content_type", "query", "status", "sentence"),
    [
        (b"carat,cut,color,price\n1,Ideal,G,500\n", CSV, {}, 400, "stones.csv: Missing: 'clarity'"),
        (b"PK\x03\x04 and nothing", "application/zip", {"name": "b.zip"}, 400, "damaged"),
        (b"{}", "application/json", {}, 415, "Content-Type: text/csv"),
        (b"1", CSV, {"name": "../../etc/x.csv"}, 400, "Got name='../../etc/x.csv'"),
        (b"1", CSV, {"nome": "x.csv"}, 400, "did you mean `name`?"),
        (b"1", CSV, {"market": "true", "columns": "carat"}, 400, "leave out `columns`"),
        (b"1", CSV, {"market": "true"}, 409, "DIAMONDS_DATA names no folder"),
    ],
)
@pytest.mark.usefixtures("deployed")
def test_a_file_that_cannot_be_trained_on_is_refused_with_a_sentence(
    content: bytes, content_type: str, query: dict[str, str], status: int, sentence: str
) -> None:
    refused = send(content, content_type, **query)

    assert refused.status_code == status, refused.text
    assert sentence in refused.json()["error"]["message"]


@pytest.mark.usefixtures("deployed", "empty_model_store")
def test_a_file_of_the_market_is_added_to_its_folder_once_and_never_over_another(
    few_stones: Path, data_folder: Path, diamonds: Client
) -> None:
    content = few_stones.read_bytes()

    answer = diamonds.add_dataset(content, name="march.csv", market=True)

    march = data_folder / "march.csv"
    assert (answer["new"], answer["file"]) == (True, str(march))
    assert answer["training"] == {"state": "soon", "id": None}
    assert add_file("again.csv", content) == (march, False)
    other, is_new = add_file("march.csv", content[:-1])
    assert (march.read_bytes(), other.read_bytes(), is_new) == (content, content[:-1], True)
    assert sorted(data_folder.iterdir()) == sorted([march, other])


def test_without_prefect_nothing_is_stored_and_the_answer_says_what_is_needed(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    variables.cache_clear()

    refused = send(b"carat\n", market="true")

    assert refused.status_code == 503
    assert "Trainings need Prefect's server: see PREFECT_API_URL" in refused.json()["error"]["message"]
    assert list(data_folder.iterdir()) == []


def test_only_an_admin_stores_datasets() -> None:
    need = need_of("POST", "/datasets")

    assert need is not None
    assert (need.scope, need.open_on_loopback) == (Scope.ADMIN, False)
