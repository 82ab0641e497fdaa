"""The view of all quotes: typed columns over the record, whatever is in the bodies."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges import Body
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.frames import Joined
from tests.exchanges.conversations import make_request, make_response
from tests.exchanges.database.test_feedback import STONE, said

pytestmark = pytest.mark.usefixtures("empty_database")

PRICE = {"price": 2500.0, "low": 2300.0, "high": 2700.0}
SOURCE = {"coverage": 0.9, "currency": "USD", "model": "linear", "version": "diamonds-linear:abc"}


def exchange_of(request: Any, response: Any, path: str = "/predict", **changes: Any) -> Joined:
    asked = make_request(1, path=path, body=_body(request), headers={"user-agent": "shop/2"})
    return asked, make_response(asked, body=_body(response), **changes)


def _body(value: Any) -> Body:
    return Body(value if isinstance(value, bytes) else json.dumps(value).encode())


def quotes(*batch: Joined) -> list[dict[str, Any]]:
    """The rows of the view once these exchanges are in the database."""
    with engine().begin() as connection:
        upsert(connection, batch)
        rows = connection.execute(sa.text("SELECT * FROM quotes ORDER BY exchange_id, position"))
        return [dict(row._mapping) for row in rows]


def test_a_quote_is_a_row_with_its_features_price_version_and_sale() -> None:
    quoted = exchange_of({**STONE, "table": 56, "x": 5.7}, {**PRICE, **SOURCE, "warnings": ["Odd."]})
    (row,) = quotes(quoted, said(quoted, 2450.0, 0))
    assert str(row["exchange_id"]) == quoted[0].id
    assert [row[name] for name in ("carat", "cut", "color", "clarity")] == [0.7, "Ideal", "G", "VS2"]
    assert [row[name] for name in ("depth_percent", "table_percent", "x_mm", "z_mm")] == [None, 56, 5.7, None]
    assert [row[name] for name in ("price_usd", "low_usd", "high_usd", "coverage")] == [2500, 2300, 2700, 0.9]
    assert [row[name] for name in ("model", "model_version")] == ["linear", "diamonds-linear:abc"]
    assert [row[name] for name in ("currency", "warnings", "user_agent")] == ["USD", 1, "shop/2"]
    assert row["sale_price_usd"] == 2450.0
    assert row["sold_at"] is not None


def test_each_stone_of_a_batch_is_a_row() -> None:
    stones = [STONE, {**STONE, "carat": 1, "depth": 61.5}]
    prices = [PRICE, {**PRICE, "price": 9.5, "warnings": []}]
    batch = exchange_of({"diamonds": stones}, {"predictions": prices, **SOURCE}, "/predict_batch")
    rows = quotes(batch)
    assert [(row["position"], row["carat"], row["price_usd"]) for row in rows] == [
        (0, 0.7, 2500),
        (1, 1, 9.5),
    ]
    assert [(row["depth_percent"], row["coverage"], row["warnings"]) for row in rows] == [
        (None, 0.9, 0),
        (61.5, 0.9, 0),
    ]


def test_what_quoted_nothing_is_no_row() -> None:
    refused = exchange_of({"carat": -1}, {"error": {}}, status=400)
    others = [exchange_of(STONE, {**PRICE, **SOURCE}, path) for path in ("/explain", "/similar")]
    pending = make_request(1, body=_body(STONE))
    assert quotes(refused, *others, (pending, None)) == []


@pytest.mark.parametrize(
    "carat", ['"***"', "null", "[0.7]", "{}", "1e400", "1e-400", "true", '"0.7"', '"NaN"', '"\\u0000"']
)
@pytest.mark.parametrize("price", ["2500", '"***"', "9e999", '{"usd":1}'])
def test_a_value_that_is_no_number_is_null_and_breaks_nothing(carat: str, price: str) -> None:
    stone = f'{{"carat":{carat},"cut":"Ideal","color":"***","clarity":5}}'.encode()
    answer = f'{{"price":{price},"low":[],"warnings":"***","coverage":"x"}}'.encode()
    batch = (b'{"diamonds":[%b]}' % stone, b'{"predictions":[%b]}' % answer, "/predict_batch")
    rows = quotes(exchange_of(stone, answer), exchange_of(*batch))
    for row in rows:
        assert row["carat"] is None
        assert row["price_usd"] in (2500, None)
        assert (row["low_usd"], row["coverage"], row["warnings"]) == (None, None, 0)


BODIES: list[Any] = [b"", b"[]", b"5", b"not JSON", [STONE], {"diamonds": 5}, {"diamonds": [5, None]}]


@pytest.mark.parametrize("request_body", BODIES)
@pytest.mark.parametrize(
    "response_body", [*BODIES, {"predictions": {"price": 1}}, {"predictions": [1, PRICE]}]
)
@pytest.mark.parametrize("path", ["/predict", "/predict_batch"])
def test_bodies_of_another_shape_break_nothing(request_body: Any, response_body: Any, path: str) -> None:
    whole = exchange_of(STONE, {**PRICE, **SOURCE})
    rows = quotes(exchange_of(request_body, response_body, path), whole)
    assert [row["price_usd"] for row in rows if str(row["exchange_id"]) == whole[0].id] == [2500]
