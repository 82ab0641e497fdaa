"""Reads samples of recorded calls and of sales, bounded whatever their number.

A random sample has the exchanges whose hashed id is below a threshold: the same ones each time, from any
time of the window. Their ids are found in an index alone, so that the rows of the others are never read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import engine

_SLOWEST = "60s"

_CALLS = "FROM exchanges WHERE left(path, 200) = '/predict' AND started_at >= :since AND started_at < :until"
_COUNT_CALLS = f"SELECT count(*) {_CALLS}"
_CALL_IDS = f"SELECT id {_CALLS} AND uuid_hash(id) < :threshold ORDER BY uuid_hash(id) LIMIT :most"
_OUTCOMES = """
SELECT id, started_at, status, request_headers ->> 'user-agent' AS user_agent
FROM exchanges WHERE id = ANY(CAST(:ids AS uuid[]))
"""
_QUOTES = """
SELECT exchange_id, carat, cut, color, clarity, depth_percent AS depth, table_percent AS "table",
    x_mm AS x, y_mm AS y, z_mm AS z, price_usd AS price, model_version, warnings
FROM quotes WHERE exchange_id = ANY(CAST(:ids AS uuid[])) AND position = 0
"""

_SALES = """
FROM feedback WHERE quoted_at IS NOT NULL AND quoted_usd > 0
    AND coalesce(sold_at, given_at) >= :since AND coalesce(sold_at, given_at) < :until
"""
_COUNT_SALES = f"SELECT count(*) {_SALES}"
_SOLD = f"""
SELECT exchange_id, coalesce(sold_at, given_at) AS sold_at, quoted_at, price_usd AS price,
    quoted_usd AS predicted, low_usd AS low, high_usd AS high, coverage,
    model, model_version AS version, stone
{_SALES} AND uuid_hash(exchange_id) < :threshold ORDER BY uuid_hash(exchange_id) LIMIT :most
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


def sampled_calls(since: datetime, until: datetime, most: int) -> Sample:
    """At most so many calls of ``/predict``: id, time, status, user agent, and of quotes stone and price."""
    bounds = {"since": since, "until": until}
    with _reading() as connection:
        total = connection.scalar(sa.text(_COUNT_CALLS), bounds) or 0
        ids = list(connection.scalars(sa.text(_CALL_IDS), {**bounds, **_limit(total, most)}))
        quotes = {row["exchange_id"]: row for row in _rows(connection, _QUOTES, ids)}
        calls = {row["id"]: row for row in _rows(connection, _OUTCOMES, ids)}
    return Sample([{**calls[id_], **quotes.get(id_, {})} for id_ in ids if id_ in calls], total)


def sampled_sales(since: datetime, until: datetime, most: int) -> Sample:
    """At most so many sales of quoted stones, with what was quoted: the columns of ``feedback``."""
    bounds = {"since": since, "until": until}
    with _reading() as connection:
        total = connection.scalar(sa.text(_COUNT_SALES), bounds) or 0
        sold = connection.execute(sa.text(_SOLD), {**bounds, **_limit(total, most)})
        return Sample([dict(row) for row in sold.mappings()], total)


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


def _limit(total: int, most: int) -> dict[str, int]:
    """The threshold of the hash below which about ``most`` of all rows are, and a few more."""
    share = min(1.0, 1.1 * most / total) if total else 1.0
    return {"threshold": int(-(2**31) + share * (2**32 - 1)), "most": most}


def _rows(connection: sa.Connection, query: str, ids: Sequence[UUID]) -> Sequence[dict[str, Any]]:
    wanted = {"ids": list(map(str, ids))}
    return [dict(row) for row in connection.execute(sa.text(query), wanted).mappings()]
