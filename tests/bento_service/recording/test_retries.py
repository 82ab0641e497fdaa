"""Ids that clients choose: when the database is queried for them, and what becomes of one used twice."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from diamonds.database import database_url, engine
from diamonds.exchanges import Exchange, Filter, page
from tests.bento_service.recorded_service import recorded, serving
from tests.processes import wait_until

RETRY = {"X-Exchange-Retry": "1"}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[httpx.Client]]:
    """Clients of two services of one database, each with a journal folder of its own."""
    homes = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    database = {"DIAMONDS_DATABASE_URL": database_url(), "DIAMONDS_REQUEST_TIMEOUT_SECONDS": "3"}
    with (
        serving(homes[0] / "log", {**database, "DIAMONDS_HOME": str(homes[0])}) as one,
        serving(homes[1] / "log", {**database, "DIAMONDS_HOME": str(homes[1])}) as other,
        httpx.Client(base_url=one, timeout=60) as one_client,
        httpx.Client(base_url=other, timeout=60) as other_client,
    ):
        yield [one_client, other_client]


def post(client: httpx.Client, id_: str, carat: float, **headers: str) -> httpx.Response:
    headers["X-Exchange-Id"] = id_
    return client.post(f"/predict?id={id_}", json={"carat": carat}, headers=headers)


def rows(id_: str) -> list[Exchange]:
    """All that is stored of calls with this id in their query."""
    return [one for one in page(Filter(path="/predict")).exchanges if one.query == f"id={id_}"]


def shipped_after(client: httpx.Client) -> None:
    """Returns when all that was sent to this service before is in the database."""
    recorded(client.get("/nothing").headers["X-Exchange-Id"])


@contextmanager
def table_locked() -> Iterator[None]:
    """Whoever writes or reads exchanges waits within this context."""
    with engine().begin() as connection:
        connection.exec_driver_sql("LOCK TABLE exchanges IN ACCESS EXCLUSIVE MODE")
        yield


def waiting_writers() -> int:
    query = """SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND query LIKE '%%INSERT INTO exchanges%%'"""
    with engine().connect() as connection:
        count: Any = connection.exec_driver_sql(query).scalar()
    return int(count)


def test_only_a_retry_asks_the_database_before_it_is_answered(services: list[httpx.Client]) -> None:
    client, _ = services
    for each in services:
        shipped_after(each)
    with table_locked():
        first = str(uuid4())
        assert post(client, first, 1).status_code == 200
        wait_until(waiting_writers)
        time.sleep(1)  # for the shippers of all services that tests have started
        shippers = waiting_writers()
        for _ in range(5):
            assert post(client, str(uuid4()), 1).status_code == 200
        assert waiting_writers() == shippers
        assert post(client, first, 2).status_code == 409  # it is known here that the id is another request's
        assert waiting_writers() == shippers
        assert post(client, first, 1).status_code == 200  # a retry, for the id is known here
        assert waiting_writers() == shippers + 1
        assert post(client, str(uuid4()), 1, **RETRY).status_code == 200
        assert waiting_writers() == shippers + 2
    assert recorded(first).status == 200
    assert len(rows(first)) == 1


@pytest.mark.parametrize("declared", [{}, RETRY])
@pytest.mark.parametrize("waits", [True, False])
def test_a_request_that_is_sent_again_to_another_service_is_one_exchange(
    services: list[httpx.Client], declared: dict[str, str], waits: bool
) -> None:
    id_ = str(uuid4())
    first = post(services[0], id_, 1)
    if waits:
        recorded(id_)
    again = post(services[1], id_, 1, **declared)
    assert {each.headers["X-Exchange-Id"] for each in (first, again)} == {id_}
    if declared and waits:
        assert again.content == first.content
    for service in services:
        shipped_after(service)
    (one,) = rows(id_)
    assert (str(one.id), one.status) == (id_, 200)
    assert one.response_body in (first.json(), again.json())


def test_a_declared_retry_of_another_request_is_rejected_wherever_the_id_was_used(
    services: list[httpx.Client],
) -> None:
    id_ = str(uuid4())
    post(services[0], id_, 1)
    stored = recorded(id_)
    rejected = post(services[1], id_, 2, **RETRY)
    assert (rejected.status_code, rejected.json()["error"]["code"]) == (409, "exchange_id_taken")
    assert rejected.headers["X-Exchange-Id"] != id_
    assert post(services[1], id_, 1, **RETRY).json() == stored.response_body


def test_another_request_under_an_id_used_elsewhere_is_answered_and_stored_once_under_an_id_of_its_own(
    services: list[httpx.Client],
) -> None:
    id_ = str(uuid4())
    post(services[0], id_, 1)
    stored = recorded(id_)
    for _ in range(2):
        assert post(services[1], id_, 2).status_code in (200, 409)  # the latter once the database was asked
        shipped_after(services[1])
    answered = [one for one in rows(id_) if one.status == 200]
    other, first = sorted(answered, key=lambda one: -one.request_body["carat"])
    assert first == stored
    assert other.request_body == {"carat": 2}
    assert other.id != first.id


def test_an_answer_does_not_complete_another_request_that_has_none(services: list[httpx.Client]) -> None:
    id_ = str(uuid4())
    with pytest.raises(httpx.ReadTimeout):  # its client leaves before there is an answer
        services[0].get("/never", headers={"X-Exchange-Id": id_}, timeout=0.5)
    left = recorded(id_)
    assert (left.path, left.status) == ("/never", None)
    post(services[1], id_, 1)
    shipped_after(services[1])
    assert recorded(id_) == left
    (other,) = rows(id_)
    assert (other.status, other.request_body) == (200, {"carat": 1})


def turn(client: httpx.Client, id_: str, **options: Any) -> httpx.Response:
    return client.post("/turn", headers={"X-Exchange-Id": id_}, **options)


def test_the_same_request_several_times_at_once_gets_the_first_final_answer_once(
    services: list[httpx.Client],
) -> None:
    id_ = str(uuid4())
    with ThreadPoolExecutor(3) as threads:
        sent = [threads.submit(turn, services[0], id_) for _ in range(3)]
    answers = sorted((each.result() for each in sent), key=lambda answer: answer.status_code)
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (200, {"turn": 2}),
        (200, {"turn": 2}),
        (409, {"turn": 1}),
    ]
    assert {answer.headers["X-Exchange-Id"] for answer in answers} == {id_}
    wait_until(lambda: recorded(id_).response_body == {"turn": 2})


def test_a_retry_gets_the_same_answer_while_that_is_not_in_the_database_yet(
    services: list[httpx.Client],
) -> None:
    turn(services[0], str(uuid4()))  # the first one of all is a conflict
    id_ = str(uuid4())
    with table_locked():
        first, again = turn(services[0], id_), turn(services[0], id_)
    assert (first.status_code, again.content) == (200, first.content)
    assert recorded(id_).response_body == first.json()


def test_a_client_that_left_and_sends_again_meanwhile_gets_the_answer_that_is_recorded(
    services: list[httpx.Client],
) -> None:
    turn(services[0], str(uuid4()))  # the first one of all is a conflict
    id_ = str(uuid4())
    with pytest.raises(httpx.ReadTimeout):
        turn(services[0], id_, timeout=0.5)
    again = turn(services[0], id_)
    assert again.status_code == 200
    wait_until(lambda: recorded(id_).response_body == again.json())
