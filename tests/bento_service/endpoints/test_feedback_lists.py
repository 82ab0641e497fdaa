"""Lists and files of sale prices at POST /feedback: what becomes of each row."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import polars as pl
import pytest

from diamonds.exchanges import exchange
from tests.bento_service.endpoints.test_feedback import id_of, quote, stored
from tests.bento_service.http.test_app import assert_error
from tests.bento_service.recorded_service import recorded
from tests.bento_service.serving import Running
from tests.stones_files import excel

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def send(client: httpx.Client, content: Any, content_type: str = "text/csv") -> httpx.Response:
    return client.post("/feedback", content=content, headers={"content-type": content_type})


def results(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["result"] for each in answer.json()["results"]]


@pytest.mark.parametrize("wrap", [lambda rows: rows, lambda rows: {"feedback": rows}], ids=["bare", "named"])
def test_a_list_is_stored_row_by_row(client: httpx.Client, wrap: Any) -> None:
    one, two = id_of(quote(client)), id_of(quote(client))
    rows = [
        {"exchange_id": one, "price": 2650, "sold_at": "2026-01-31T09:00:00+01:00"},
        {"exchange_id": two, "price": "2650"},
        {"exchange_id": two, "price": 10**400},
        {"exchange_id": two, "price": 1, "sold_at": "yesterday"},
        {"price": 1},
        {"exchange_id": str(uuid4()), "price": 1},
        {"exchange_id": two, "price": 2700.5},
    ]
    answer = client.post("/feedback", json=wrap(rows))
    taken = results(answer)
    assert {taken[0], taken[-1]} <= {"stored", "waiting"}
    assert taken[1:-1] == ["refused"] * 5
    said = answer.json()
    assert (said["refused"], said["stored"] + said["waiting"], said["currency"]) == (5, 2, "USD")
    reasons = [each["reason"] for each in said["results"]]
    assert reasons[1] == "Got price='2650'; expected a number up to 1,000,000,000."
    assert reasons[3].startswith("Got sold_at='yesterday'; expected a date such as")
    assert "There is no exchange" in reasons[5]
    assert stored(two, 2700.5).stone is not None
    sale = stored(one, 2650)
    assert str(sale.given_by) == id_of(answer)
    assert sale.sold_at is not None
    assert sale.sold_at.isoformat() == "2026-01-31T08:00:00+00:00"
    assert set(results(client.post("/feedback", json=wrap([rows[0], rows[-1]])))) <= {"unchanged", "waiting"}


@pytest.mark.parametrize("kind", ["text/csv", WORKBOOK])
def test_a_file_is_stored_once_however_often_it_is_sent(client: httpx.Client, kind: str) -> None:
    quoted = [quote(client) for _ in range(3)]
    for each in quoted:
        recorded(id_of(each))
    table = pl.DataFrame({"exchange_id": [*map(id_of, quoted), "7"], "price": [1000, 2000, 3000, 4000]})
    content = excel(table) if kind == WORKBOOK else table.write_csv().encode()
    assert results(send(client, content, kind)) == ["stored"] * 3 + ["refused"]
    assert results(send(client, content, kind)) == ["unchanged"] * 3 + ["refused"]
    assert stored(id_of(quoted[1]), 2000).quoted_usd == quoted[1].json()["price"]


def test_the_sale_of_one_stone_may_have_its_day(client: httpx.Client) -> None:
    id_ = id_of(quote(client))
    answer = client.post("/feedback", json={"exchange_id": id_, "price": 5, "sold_at": "2026-01-31"})
    assert answer.json()["sold_at"].startswith("2026-01-31T12:00:00")
    assert str(stored(id_, 5).sold_at) == "2026-01-31 12:00:00+00:00"
    refused = client.post("/feedback", json={"exchange_id": id_, "price": 5, "sold_at": "31.1.2026"})
    assert_error(refused, "invalid_input", "Got sold_at='31.1.2026'; expected a date such as 2026-01-31")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("[5]", "Got feedback[0]=5; expected a JSON object."),
        ('[{"exchange_id":"7","prize":1}]', "There is no field `feedback[0].prize`; did you mean `price`?"),
        ('{"feedback":{}}', "Got feedback={}; expected an array."),
        ('{"feedback":[],"feedback":[]}', "`feedback` is given 2 times"),
        ("[", "a body that is not JSON"),
        ("[" * 500, "a body that is not JSON"),
        ("[" + "{}," * 60_000 + "{}]", "at most 50000 items"),
    ],
)
def test_a_list_of_another_shape_is_a_400(client: httpx.Client, body: str, says: str) -> None:
    answer = send(client, body, "application/json")
    assert answer.status_code == 400
    assert says in answer.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("carat,cut\n0.7,Ideal\n", "The file has no column with the ids of the quotes (exchange_id)"),
        ("exchange_id,price\n", "a header and no rows"),
        ("", "empty"),
    ],
)
def test_a_file_that_has_no_sales_is_a_400(client: httpx.Client, content: str, says: str) -> None:
    answer = send(client, content)
    assert answer.status_code == 400
    assert_error(answer, "bad_sales_file", "")
    assert says.lower() in answer.text.lower()


def test_a_list_needs_the_scope_of_feedback_and_is_recorded(service: Running, client: httpx.Client) -> None:
    with service.stranger() as stranger:
        assert send(stranger, "exchange_id,price\n7,5\n").status_code == 401
    answer = send(client, "exchange_id,price\n7,5\n")
    one = recorded(id_of(answer))
    assert (one.path, one.status, one.response_body) == ("/feedback", 200, answer.json())
    assert exchange(UUID(id_of(answer))) is not None
