"""Trainings over HTTP: the routes of the service, and a real Prefect server."""

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.states import Completed

from bento_service.http.access import need_of
from bento_service.http.app import Api
from bento_service.routes import ROUTES
from diamonds.keys.scopes import Scope
from diamonds.prefect_api.requests import prefect_url
from diamonds.settings import settings
from diamonds.stack.prefect import variables
from tests.faults.proxy import Proxy
from tests.flows.test_automations import runs_of
from tests.processes import free_port


@pytest.fixture(autouse=True)
def fresh_variables(prefect_server: None) -> Iterator[None]:
    variables.cache_clear()
    yield
    variables.cache_clear()


def call(method: str, path: str, json: Any = None) -> httpx.Response:
    async def called() -> httpx.Response:
        transport = httpx.ASGITransport(Api(Api, ROUTES))  # type: ignore[arg-type] # nothing of it is reached
        async with httpx.AsyncClient(transport=transport, base_url="http://service", timeout=60) as client:
            return await client.request(method, path, json=json)

    return asyncio.run(called())


def test_a_training_is_started_with_what_it_is_to_train_and_followed_to_its_end(
    deployed: SyncPrefectClient,
) -> None:
    chosen = {"models": ["linear"], "trials": 3, "force": True, "candidates_only": True}
    started = call("POST", "/trainings", chosen)
    run = UUID(started.json()["id"])

    assert started.json()["state"] == "Scheduled"
    assert deployed.read_flow_run(run).parameters == chosen
    assert deployed.read_flow_run(run).work_queue_name == "trainings"
    deployed.set_flow_run_state(run, Completed(message="It is promoted."), force=True)
    followed = call("GET", f"/trainings/{run}").json()
    assert (followed["state"], followed["ended"], followed["message"]) == (
        "Completed",
        True,
        "It is promoted.",
    )
    deployed.delete_flow_run(run)


def test_a_start_whose_answer_is_cut_off_is_one_run(
    deployed: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {run.id for run in runs_of(deployed, "train/all")}
    proxy = Proxy(int(urlsplit(prefect_url()).port or 0), asked=b"idempotency_key")
    monkeypatch.setenv("DIAMONDS_PREFECT_URL", f"http://127.0.0.1:{proxy.port}")
    settings.cache_clear()
    proxy.cuts = 2
    started = call("POST", "/trainings", {"models": ["linear"]})
    proxy.close()

    assert (started.status_code, proxy.cuts) == (200, 0)
    (run,) = {run.id for run in runs_of(deployed, "train/all")} - before
    assert run == UUID(started.json()["id"])
    assert started.json()["parameters"]["candidates_only"] is False
    deployed.delete_flow_run(run)


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"models": ["guess"]}, "models", "Got model='guess'; expected one of linear, "),
        ({"models": []}, "models", "expected at least 1 items"),
        ({"data": "/etc/passwd"}, "data", "Got data='/etc/passwd'; expected the configured data"),
        ({"data": "a\0"}, "data", "expected the configured data"),
        ({"trials": 0}, "trials", "expected a number of at least 1"),
        ({"minutes": 1e9}, "minutes", "expected a number of at most 1e+06"),
        ({"seed": 2**32}, "seed", "expected"),
        ({"epochs": 3}, "epochs", "There is no field `epochs`"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_a_sentence(
    body: dict[str, Any], field: str, sentence: str
) -> None:
    refused = call("POST", "/trainings", body)

    assert refused.status_code == 400
    (error,) = refused.json()["error"]["fields"]
    assert error["field"] == field
    assert sentence in error["message"]


@pytest.mark.parametrize(
    ("training", "status"), [("0bef9156-2fd5-4291-aefc-882247b45ac2", 404), ("first", 400)]
)
def test_a_training_that_there_is_not_is_not_followed(training: str, status: int) -> None:
    assert call("GET", f"/trainings/{training}").status_code == status


def test_without_prefect_the_answer_says_what_trainings_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    variables.cache_clear()

    refused = call("POST", "/trainings", {"models": ["linear"]})

    assert refused.status_code == 503
    assert "Trainings need Prefect's server: see PREFECT_API_URL" in refused.json()["error"]["message"]


def test_only_an_admin_starts_trainings_and_readers_follow_them() -> None:
    assert [getattr(need_of(method, "/trainings"), "scope", None) for method in ("POST", "GET")] == [
        Scope.ADMIN,
        Scope.READ,
    ]
