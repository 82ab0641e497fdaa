"""What a client may rely on that sends a request again under the same exchange id, with keys configured."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from diamonds.exchanges import Filter, feedback_since, page
from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE, wait_for_version
from tests.bento_service.recorded_service import recorded
from tests.bento_service.serving import Running, worker_serving
from tests.processes import wait_until

KEY = "let-me-in-please"


@pytest.fixture(scope="module")
def keyed(service: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client with a key of a service that has one, quoting with the champion of the other."""
    home = tmp_path_factory.mktemp("keyed")  # of its own, for BentoML keeps metrics there, too
    (home / "models").symlink_to(Path(os.environ["BENTOML_HOME"]) / "models")
    environment = {"BENTOML_HOME": str(home), "DIAMONDS_API_KEYS": json.dumps([KEY])}
    with (
        worker_serving(home / "log", environment=environment, until="/readyz") as running,
        running.client() as client,
    ):
        client.headers["authorization"] = f"Bearer {KEY}"
        client.get("/exchanges").raise_for_status()  # it looks at the tables before its first read
        yield client


def under(id_: str, **headers: str) -> dict[str, str]:
    return {"x-exchange-id": id_, **headers}


def quote_id(client: httpx.Client, id_: str | None = None) -> str:
    """The id of a quote that is in the database."""
    answer = client.post("/predict", json=STONE, headers={"x-exchange-id": id_} if id_ else {})
    return str(recorded(answer.headers["x-exchange-id"]).id)


def shipped(id_: str, status: int) -> Any:
    """The exchange once the database has it with that status."""
    (one,) = wait_until(lambda: [one for one in [recorded(id_)] if one.status == status])
    return one


def prices(quote: str) -> list[float]:
    return [
        one.price_usd for one in feedback_since(recorded(quote).started_at) if str(one.exchange_id) == quote
    ]


@pytest.mark.parametrize("is_shipped", [True, False])
def test_feedback_that_lacked_its_key_is_given_with_it_under_the_same_id(
    keyed: httpx.Client, is_shipped: bool
) -> None:
    quote, id_ = quote_id(keyed), str(uuid4())
    feedback = {"exchange_id": quote, "price": 2650}
    refused = keyed.post("/feedback", json=feedback, headers=under(id_, authorization=""))
    assert (refused.status_code, refused.headers["x-exchange-id"]) == (401, id_)
    if is_shipped:
        assert recorded(id_).status == 401
    given = keyed.post("/feedback", json=feedback, headers=under(id_))
    assert (given.status_code, given.json()["checked"]) == (200, True)
    assert shipped(id_, 200).response_body == given.json()
    wait_until(lambda: prices(quote) == [2650])


def test_a_stored_answer_is_replayed_only_with_a_key_and_who_has_none_is_recorded_apart(
    keyed: httpx.Client,
) -> None:
    feedback, id_ = {"exchange_id": quote_id(keyed), "price": 2650}, str(uuid4())
    given = keyed.post("/feedback", json=feedback, headers=under(id_))
    stored = recorded(id_)
    refused = keyed.post("/feedback", json=feedback, headers=under(id_, authorization="Bearer let-me-in"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "no_key")
    assert refused.headers["x-exchange-id"] != id_
    assert recorded(refused.headers["x-exchange-id"]).status == 401
    replayed = keyed.post("/feedback", json=feedback, headers=under(id_))
    assert replayed.content == given.content
    assert recorded(id_) == stored


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/predict", STONE, 200),
        ("POST", "/predict_batch", {"diamonds": [STONE, {**STONE, "carat": 4.9, "x": 3}]}, 200),
        ("POST", "/explain", STONE, 200),
        ("POST", "/similar", STONE, 200),
        ("POST", "/predict", {**STONE, "cut": "Round"}, 400),
        ("GET", "/predict", None, 405),
        ("GET", "/models", None, 200),
    ],
)
def test_a_retry_gets_the_same_bytes_and_headers(
    keyed: httpx.Client, method: str, path: str, body: Any, status: int
) -> None:
    id_ = str(uuid4())
    first = keyed.request(method, path, json=body, headers=under(id_))
    stored = recorded(id_)
    again = keyed.request(method, path, json=body, headers=under(id_, **{"x-exchange-retry": "1"}))
    assert (again.status_code, again.content) == (status, first.content)
    assert without_date(again) == without_date(first)
    assert recorded(id_).response_body == stored.response_body == first.json()


def without_date(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "date"}


def test_a_content_type_that_was_forgotten_is_mended_under_the_same_id(keyed: httpx.Client) -> None:
    id_, content = str(uuid4()), json.dumps(STONE)
    assert keyed.post("/predict", content=content, headers=under(id_)).status_code == 415
    mended = keyed.post(
        "/predict", content=content, headers=under(id_, **{"content-type": "application/json"})
    )
    assert mended.status_code == 200
    assert shipped(id_, 200).response_body == mended.json()


def test_feedback_that_came_before_its_quote_is_given_again_under_the_same_id(keyed: httpx.Client) -> None:
    quote, id_ = str(uuid4()), str(uuid4())
    feedback = {"exchange_id": quote, "price": 2650}
    assert keyed.post("/feedback", json=feedback, headers=under(id_)).status_code == 404
    assert recorded(id_).status == 404
    quote_id(keyed, quote)
    assert keyed.post("/feedback", json=feedback, headers=under(id_)).status_code == 200
    assert shipped(id_, 200).response_body["exchange_id"] == quote
    wait_until(lambda: prices(quote) == [2650])


def promotions(client: httpx.Client) -> list[Any]:
    listed: list[Any] = client.get("/promotions").json()["promotions"]
    return listed


@pytest.mark.usefixtures("champion_restored")
def test_a_forced_promotion_that_is_sent_several_times_at_once_counts_once(
    keyed: httpx.Client, linear: Version
) -> None:
    before, id_ = len(promotions(keyed)), str(uuid4())
    body = {"version": linear.tag, "force": True}
    with ThreadPoolExecutor(3) as threads:
        sent = [threads.submit(keyed.post, "/promotions", json=body, headers=under(id_)) for _ in range(3)]
    answers = [each.result() for each in sent]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(promotions(keyed)) == before + 1
    assert shipped(id_, 200).response_body == answers[0].json()
    assert [one.id for one in page(Filter(path="/promotions")).exchanges].count(UUID(id_)) == 1


@pytest.mark.usefixtures("champion_restored")
def test_a_rollback_that_did_not_fit_the_champion_is_done_when_it_does_and_then_once(
    keyed: httpx.Client, linear: Version, xgboost: Version
) -> None:
    id_, body = str(uuid4()), {"version": linear.tag}
    refused = keyed.post("/promotions/rollback", json=body, headers=under(id_))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "another_champion")
    keyed.post("/promotions", json={"version": linear.tag, "force": True}).raise_for_status()
    before = len(promotions(keyed))
    done = [keyed.post("/promotions/rollback", json=body, headers=under(id_)) for _ in range(2)]
    assert [each.json()["champion"] for each in done] == [xgboost.tag] * 2
    assert len(promotions(keyed)) == before + 1
    assert shipped(id_, 200).response_body == done[0].json()
    wait_for_version(xgboost, keyed)
