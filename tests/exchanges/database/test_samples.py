"""Samples of calls and sales: the same whatever the number, with stones of batches, by an index alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from diamonds.database import engine
from diamonds.exchanges.database import samples
from diamonds.exchanges.database.samples import MOST_OF_A_BATCH, count_calls, sampled_calls
from diamonds.exchanges.database.upsert import upsert
from tests.exchanges.conversations import make_request, make_response
from tests.exchanges.database.test_feedback import STONE
from tests.exchanges.database.test_quotes import PRICE, SOURCE, exchange_of

pytestmark = pytest.mark.usefixtures("empty_database")

NOW = datetime.now(UTC)
DAY = NOW - timedelta(days=1), NOW + timedelta(hours=1)


def store(*batch: Any) -> None:
    with engine().begin() as connection:
        upsert(connection, batch)


def batch_of(stones: list[Any], quotes: list[Any] | None = None) -> Any:
    answer = {"predictions": [PRICE] * len(stones) if quotes is None else quotes, **SOURCE}
    return exchange_of({"diamonds": stones}, answer, "/predict_batch")


def test_a_batch_has_a_row_for_some_of_its_stones_evenly_and_a_refused_one_has_one() -> None:
    large = batch_of([{**STONE, "carat": number} for number in range(1, 101)])
    small = batch_of([STONE, {**STONE, "carat": 2, "x": True, "cut": ["Ideal"]}], [PRICE, {"price": "***"}])
    refused = exchange_of({"diamonds": [{}]}, {"error": {}}, "/predict_batch", status=400)
    store(large, small, refused, exchange_of(STONE, {**PRICE, **SOURCE}))
    rows = sampled_calls(*DAY, 50)
    of = {joined[0].id: [row for row in rows if str(row["id"]) == joined[0].id] for joined in (large, small)}
    assert [row["carat"] for row in of[large[0].id]] == list(range(1, 101, 100 // MOST_OF_A_BATCH))
    assert [(row["carat"], row.get("x"), row["price"]) for row in of[small[0].id]] == [
        (0.7, None, 2500.0),
        (2.0, None, None),
    ]
    assert [row["status"] for row in rows if "price" not in row] == [400]
    assert count_calls(*DAY) == 4


def test_stones_of_a_batch_do_not_name_the_client_or_the_exchange() -> None:
    batch = batch_of([{**STONE, "id": 1, "user_agent": "Eve", "status": 400, "warnings": 9}])
    store(batch)
    (row,) = sampled_calls(*DAY, 10)
    assert (str(row["id"]), row["user_agent"], row["status"]) == (batch[0].id, "shop/2", 200)
    assert row["warnings"] == 0


def test_a_sample_of_fewer_is_a_part_of_one_of_more() -> None:
    for number in range(60):
        asked = make_request(number, started_at=(NOW - timedelta(minutes=number)).timestamp())
        store((asked, make_response(asked)))
    few, many = ([row["id"] for row in sampled_calls(*DAY, most)] for most in (10, 40))
    assert many[:10] == few
    assert len(set(many)) == 40


@pytest.mark.parametrize(
    "query", [samples._COUNT_CALLS, samples._CALL_IDS, samples._COUNT_SALES, samples._SALE_IDS]
)
def test_an_index_alone_counts_and_draws(query: str) -> None:
    values = {":since": "now() - interval '1 day'", ":until": "now()", ":most": "10"}
    for name, value in values.items():
        query = query.replace(name, value)
    with engine().begin() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {query}").scalars())
    assert "Index Only Scan" in plan
    assert "Heap" not in plan
