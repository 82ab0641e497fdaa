"""Reads samples of recorded calls and of sales, bounded whatever their number.

A random sample has the exchanges with the smallest hashes of their ids: the same ones each time, from any
time of the window. An index alone counts all of them and finds those of the sample, whose rows are then the
only ones that are read.
"""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import engine

MOST_OF_A_BATCH = 20
"""Maximum number of stones of one batch in a sample: one dealer's stock is not the market."""
_MOST_BATCHES = 100
_SLOWEST = "60s"
_GRADES, _MEASURES = ("cut", "color", "clarity"), ("carat", "depth", "table", "x", "y", "z")

_CALLS = """
FROM exchanges WHERE path IN ('/predict', '/predict_batch') AND started_at >= :since AND started_at < :until
"""
_COUNT_CALLS = f"SELECT count(*) {_CALLS}"
_CALL_IDS = f"SELECT id {_CALLS} ORDER BY uuid_hash(id) LIMIT :most"
_OUTCOMES = """
SELECT id, path, started_at, status,
    request_headers ->> 'user-agent' AS user_agent, request_headers ->> 'key-name' AS key_name
FROM exchanges WHERE id = ANY(CAST(:ids AS uuid[]))
"""
_QUOTES = """
SELECT exchange_id, carat, cut, color, clarity, depth_percent AS depth, table_percent AS "table",
    x_mm AS x, y_mm AS y, z_mm AS z, price_usd AS price, model_version, warnings
FROM quotes WHERE exchange_id = ANY(CAST(:ids AS uuid[])) AND position = 0
"""
_BATCHES = """
SELECT id, model_version, CAST(request_body -> 'diamonds' AS text) AS stones,
    CAST(response_body -> 'predictions' AS text) AS quotes
FROM exchanges WHERE id = ANY(CAST(:ids AS uuid[])) AND method = 'POST' AND status = 200
    AND jsonb_typeof(request_body -> 'diamonds') = 'array'
    AND jsonb_typeof(response_body -> 'predictions') = 'array'
"""

_SALES = """
FROM feedback WHERE quoted_usd > 0
    AND coalesce(sold_at, given_at) >= :since AND coalesce(sold_at, given_at) < :until
"""
_COUNT_SALES = f"SELECT count(*) {_SALES}"
_SALE_IDS = f"SELECT exchange_id {_SALES} ORDER BY uuid_hash(exchange_id) LIMIT :most"
_SOLD = """
SELECT exchange_id, coalesce(sold_at, given_at) AS sold_at, quoted_at, price_usd AS price,
    quoted_usd AS predicted, low_usd AS low, high_usd AS high, coverage,
    model, model_version AS version, stone
FROM feedback WHERE exchange_id = ANY(CAST(:ids AS uuid[])) ORDER BY uuid_hash(exchange_id)
"""

_NEWEST_SALES = """
SELECT carat, cut, color, clarity, depth_percent AS depth, table_percent AS "table",
    x_mm AS x, y_mm AS y, z_mm AS z, sale_price_usd AS price, price_usd AS quoted,
    currency, user_agent, (sold_at AT TIME ZONE 'UTC')::date AS sold_at
FROM quotes WHERE sale_price_usd > 0 AND price_usd > 0 AND sold_at <= :until
ORDER BY quotes.sold_at DESC, exchange_id LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows by the names of their columns, in random order, and the number of all from which they come."""

    rows: Sequence[dict[str, Any]]
    total: int


def count_calls(since: datetime, until: datetime) -> int:
    """The number of calls of ``/predict`` and ``/predict_batch``."""
    with _reading() as connection:
        return connection.scalar(sa.text(_COUNT_CALLS), {"since": since, "until": until}) or 0


def sampled_calls(since: datetime, until: datetime, most: int) -> list[dict[str, Any]]:
    """At most so many calls of ``/predict`` and ``/predict_batch``, in random order: id, time, status, user
    agent, name of the key, and of quotes stone and price.

    A batch that was quoted has a row for each of ``MOST_OF_A_BATCH`` of its stones.
    """
    with _reading() as connection:
        drawn = {"since": since, "until": until, "most": most}
        ids = list(connection.scalars(sa.text(_CALL_IDS), drawn))
        calls = {row["id"]: row for row in _rows(connection, _OUTCOMES, ids)}
        stones: dict[UUID, list[dict[str, Any]]] = {
            row["exchange_id"]: [row] for row in _rows(connection, _QUOTES, ids)
        }
        ids = _without_too_many_batches([id_ for id_ in ids if id_ in calls], calls)
        batches = [id_ for id_ in ids if _is_batch(calls[id_])]
        stones |= {id_: _stones_of(row) for id_, row in _batches(connection, batches)}
    return [{**calls[id_], **stone} for id_ in ids for stone in stones.get(id_) or [{}]]


def _is_batch(call: dict[str, Any]) -> bool:
    return (call["path"], call["status"]) == ("/predict_batch", 200)


def _without_too_many_batches(ids: list[UUID], calls: dict[UUID, dict[str, Any]]) -> list[UUID]:
    """The first of a sample, which are one, too: until the last batch that is read."""
    places = [place for place, id_ in enumerate(ids) if _is_batch(calls[id_])]
    return ids[: places[_MOST_BATCHES]] if len(places) > _MOST_BATCHES else ids


def _batches(connection: sa.Connection, ids: Sequence[UUID]) -> Iterator[tuple[UUID, Any]]:
    """Batches one by one, for they may be large."""
    for id_ in ids:
        for row in _rows(connection, _BATCHES, [id_]):
            yield id_, row


def _stones_of(batch: dict[str, Any]) -> list[dict[str, Any]]:
    """Stones of a batch with their quotes, evenly from all of it."""
    pairs = list(zip(json.loads(batch["stones"]), json.loads(batch["quotes"]), strict=False))
    number = min(len(pairs), MOST_OF_A_BATCH)
    return [
        {**_typed(stone), **_quote(quote), "model_version": batch["model_version"]}
        for stone, quote in (pairs[place * len(pairs) // number] for place in range(number))
        if isinstance(stone, dict) and isinstance(quote, dict)
    ]


def _typed(stone: dict[str, Any]) -> dict[str, Any]:
    """The fields of a stone, as the view ``quotes`` has them: a value of another type is none."""
    grades = {name: stone.get(name) for name in _GRADES}
    return {**grades, **{name: _number(stone.get(name)) for name in _MEASURES}}


def _quote(quote: dict[str, Any]) -> dict[str, Any]:
    warnings = quote.get("warnings")
    number = len(warnings) if isinstance(warnings, list) else 0
    return {"price": _number(quote.get("price")), "warnings": number}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def sampled_sales(since: datetime, until: datetime, most: int) -> Sample:
    """At most so many sales of quoted stones, with what was quoted: the columns of ``feedback``."""
    bounds = {"since": since, "until": until}
    with _reading() as connection:
        total = connection.scalar(sa.text(_COUNT_SALES), bounds) or 0
        ids = list(connection.scalars(sa.text(_SALE_IDS), {**bounds, "most": most}))
        return Sample(_rows(connection, _SOLD, ids), total)


def newest_sales(until: datetime, most: int) -> list[dict[str, Any]]:
    """At most so many sales of quoted stones, the newest first: stone, ``price``, ``quoted``, date, client.

    The date ``sold_at`` is that in UTC; one after ``until`` is no sale yet.
    """
    with _reading() as connection:
        sold = connection.execute(sa.text(_NEWEST_SALES), {"until": until, "most": most})
        return [dict(row) for row in sold.mappings()]


@contextmanager
def _reading() -> Iterator[sa.Connection]:
    """A connection that changes nothing, and gives up a query that takes long."""
    with engine().begin() as connection:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_SLOWEST}'")
        yield connection


def _rows(connection: sa.Connection, query: str, ids: Sequence[UUID]) -> Sequence[dict[str, Any]]:
    wanted = {"ids": list(map(str, ids))}
    return [dict(row) for row in connection.execute(sa.text(query), wanted).mappings()]
