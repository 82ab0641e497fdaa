"""What a client may rely on that says what a quoted stone was sold for."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import bentoml
import httpx
import pytest
import uuid_utils

from diamonds.database import engine
from diamonds.exchanges import Feedback, exchange, feedback_since
from diamonds.exchanges.database.erasure import forget
from diamonds.versions.version import Version
from tests.bento_service.conftest import STONE, WHOLE_STONE
from tests.bento_service.http.test_app import assert_error
from tests.bento_service.recorded_service import recorded
from tests.bento_service.serving import Running, worker_serving
from tests.processes import wait_until


def quote(client: httpx.Client, path: str = "/predict", body: Any = WHOLE_STONE) -> httpx.Response:
    return client.post(path, json=body)


def give(client: httpx.Client, id_: str, price: Any, **headers: str) -> httpx.Response:
    return client.post("/feedback", json={"exchange_id": id_, "price": price}, headers=headers)


def id_of(answer: httpx.Response) -> str:
    return answer.headers["X-Exchange-Id"]


def stored(id_: str, price: float) -> Feedback:
    """The feedback on an exchange, as soon as it is stored with this price."""
    wait_until(lambda: [one.price_usd for one in about(id_)] == [price])
    return about(id_)[0]


def about(id_: str) -> list[Feedback]:
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    return [one for one in feedback_since(hour_ago) if str(one.exchange_id) == id_]


def test_the_answer_is_what_is_stored_and_names_the_quote(client: httpx.Client, xgboost: Version) -> None:
    quoted = quote(client)
    recorded(id_of(quoted))
    answer = give(client, id_of(quoted), 2650)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["exchange_id"], said["price"], said["currency"]) == (id_of(quoted), 2650, "USD")
    assert said["checked"] is True
    assert said["quote"]["price"] == quoted.json()["price"]
    assert (said["quote"]["model"], said["quote"]["version"]) == ("xgboost", xgboost.tag)
    kept = stored(id_of(quoted), 2650)
    assert kept.given_at == datetime.fromisoformat(said["given_at"])
    assert str(kept.given_by) == id_of(answer)
    assert {"price": kept.quoted_usd, "low": kept.low_usd, "high": kept.high_usd} == {
        name: quoted.json()[name] for name in ("price", "low", "high")
    }
    assert (kept.model_version, kept.stone) == (xgboost.tag, WHOLE_STONE)


def test_repeating_it_replaces_it(client: httpx.Client) -> None:
    id_ = id_of(quote(client))
    for price in (2000, 3000.5, 2500):
        assert give(client, id_, price).json()["price"] == price
    assert stored(id_, 2500).price_usd == 2500


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/json", "origin": "http://evil.example"}, 403),
    ],
)
def test_what_a_page_elsewhere_has_a_browser_send_is_not_stored(
    client: httpx.Client, headers: dict[str, str], status: int
) -> None:
    one, other = id_of(quote(client)), id_of(quote(client))
    body = json.dumps({"exchange_id": one, "price": 1})
    assert client.post("/feedback", content=body, headers=headers).status_code == status
    give(client, other, 2650)
    stored(other, 2650)
    assert about(one) == []


def test_a_quote_of_a_moment_ago_is_found(client: httpx.Client) -> None:
    answers = [give(client, id_of(quote(client)), 2000 + number) for number in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    # Where the machine stalls for a second, one is believed instead: see below.
    assert sum(answer.json()["checked"] for answer in answers) > len(answers) / 2


@pytest.mark.parametrize("mode", ["SHARE", "ACCESS EXCLUSIVE"], ids=["takes nothing", "says nothing"])
def test_a_quote_that_does_not_get_to_the_database_in_time_is_believed_and_joined_later(
    client: httpx.Client, mode: str
) -> None:
    with engine().begin() as connection:
        connection.exec_driver_sql(f"LOCK TABLE exchanges IN {mode} MODE")
        quoted = quote(client)
        answer = give(client, id_of(quoted), 2650)
    assert answer.status_code == 200
    assert (answer.json()["checked"], answer.json()["quote"]) == (False, None)
    assert stored(id_of(quoted), 2650).quoted_usd == quoted.json()["price"]


def test_it_is_recorded_like_any_exchange(client: httpx.Client) -> None:
    id_ = id_of(quote(client))
    answer = give(client, id_, 2650)
    one = recorded(id_of(answer))
    assert (one.path, one.status, one.response_body) == ("/feedback", 200, answer.json())


def test_what_was_forgotten_is_unknown(client: httpx.Client) -> None:
    id_ = id_of(quote(client))
    given = id_of(give(client, id_, 2650))
    stored(id_, 2650)
    assert forget([UUID(id_)]) == 1
    assert give(client, id_, 2650).status_code == 404
    assert exchange(UUID(given)) is None
    assert about(id_) == []


def test_a_retry_under_its_own_id_is_no_second_exchange(client: httpx.Client) -> None:
    quoted, id_ = id_of(quote(client)), str(uuid4())
    first = give(client, quoted, 2650, **{"X-Exchange-Id": id_})
    recorded(id_)
    assert give(client, quoted, 2650, **{"X-Exchange-Id": id_}).json() == first.json()


@pytest.mark.parametrize("id_", [str(uuid4()), str(uuid_utils.uuid7())], ids=["version 4", "version 7"])
def test_an_unknown_exchange_is_a_404(client: httpx.Client, id_: str) -> None:
    answer = give(client, id_, 2650)
    assert answer.status_code == 404
    assert_error(answer, "unknown_exchange", f"There is no exchange {id_}")
    assert answer.json()["error"]["fields"][0]["field"] == "exchange_id"


@pytest.mark.parametrize(
    ("path", "body", "was"),
    [
        ("/explain", STONE, "POST /explain, answered with status 200"),
        ("/similar", STONE, "POST /similar, answered with status 200"),
        ("/predict_batch", {"diamonds": [STONE]}, "POST /predict_batch, answered with status 200"),
        ("/predict", {**STONE, "carat": 0}, "POST /predict, answered with status 400"),
    ],
)
def test_an_exchange_that_quoted_no_stone_is_a_409_that_says_what_it_was(
    client: httpx.Client, path: str, body: Any, was: str
) -> None:
    id_ = id_of(quote(client, path, body))
    recorded(id_)
    answer = give(client, id_, 2650)
    assert answer.status_code == 409
    assert_error(answer, "not_a_quote", was)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"price":1}', "`exchange_id` is missing."),
        ('{"exchange_id":"7","price":1}', "Got exchange_id='7'; expected a UUID."),
        ('{"exchange_id":7,"price":1}', "Got exchange_id=7; expected a UUID in a string."),
        ('{"exchange_id":"%s"}', "`price` is missing."),
        ('{"exchange_id":"%s","price":0}', "Got price=0; expected a number of at least 0.01."),
        ('{"exchange_id":"%s","price":1e10}', "expected a number of at most 1e+09."),
        ('{"exchange_id":"%s","price":1e999}', "a finite number"),
        ('{"exchange_id":"%s","price":NaN}', "a finite number"),
        ('{"exchange_id":"%s","price":"2650"}', "Got price='2650'; expected a number."),
        ('{"exchange_id":"%s","price":1,"price":2}', "`price` is given 2 times"),
        ('{"exchange_id":"%s","prize":1}', "no field `prize`; did you mean `price`?"),
    ],
)
def test_bad_input_is_a_400_that_says_what_to_mend(client: httpx.Client, body: str, says: str) -> None:
    headers = {"content-type": "application/json"}
    answer = client.post("/feedback", content=body.replace("%s", str(uuid4())), headers=headers)
    assert answer.status_code == 400
    assert says in str(answer.json()["error"])


def test_bentomls_own_client_gives_feedback(service: Running, client: httpx.Client) -> None:
    id_ = id_of(quote(client))
    with bentoml.SyncHTTPClient(service.url, token=service.key) as ours:
        answer: dict[str, Any] = ours.feedback({"exchange_id": id_, "price": 2650.0})
    assert UUID(str(answer["exchange_id"])) == UUID(id_)


@pytest.fixture(scope="module")
def masking(service: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that records neither prices nor names, quoting with the champion of the other."""
    home = tmp_path_factory.mktemp("masking")  # of its own, for BentoML keeps metrics there, too
    (home / "models").symlink_to(Path(os.environ["BENTOML_HOME"]) / "models")
    environment = {"BENTOML_HOME": str(home), "DIAMONDS_MASKED_FIELDS": '["price", "name"]'}
    with worker_serving(home / "log", environment=environment, until="/readyz") as running:
        yield running


def test_feedback_that_may_not_be_recorded_is_refused(masking: Running) -> None:
    with masking.client() as client:
        answer = give(client, id_of(quote(client)), 2650)
    assert answer.status_code == 409
    assert_error(answer, "feedback_masked", "DIAMONDS_MASKED_FIELDS of the service holds price")


def test_a_list_that_may_not_be_recorded_is_refused(masking: Running) -> None:
    with masking.client() as client:
        answer = client.post("/feedback", json=[{"exchange_id": str(uuid4()), "price": 1}])
    assert answer.status_code == 409
    assert_error(answer, "feedback_masked", "DIAMONDS_MASKED_FIELDS of the service holds price")
