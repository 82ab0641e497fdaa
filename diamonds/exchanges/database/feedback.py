"""Feedback, the sale prices of quoted stones: extracted from exchanges, and read beside the quotes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.database.tables import exchanges, feedback
from diamonds.exchanges.frames import Joined

PATH = "/feedback"

# Reads the stored rows, so that it does not matter which copy of an exchange came first.
_EXTRACT = """
INSERT INTO feedback AS existing (exchange_id, price_usd, given_at, given_by, sold_at)
SELECT DISTINCT ON (quote) quote, price_usd, given_at, id, sold_at
FROM exchanges, LATERAL (SELECT
    (response_body ->> 'exchange_id')::uuid AS quote,
    (response_body ->> 'price')::double precision AS price_usd,
    (response_body ->> 'given_at')::timestamptz AS given_at,
    (response_body ->> 'sold_at')::timestamptz AS sold_at) AS parsed
WHERE id = ANY(%(ids)s::uuid[]) AND (method, path, status) = ('POST', '/feedback', 200)
    AND (quote, price_usd, parsed.given_at) IS NOT NULL
ORDER BY quote, given_at DESC, id DESC
ON CONFLICT (exchange_id) DO UPDATE SET
    price_usd = excluded.price_usd, given_at = excluded.given_at, given_by = excluded.given_by,
    sold_at = excluded.sold_at
WHERE (existing.given_at, existing.given_by) < (excluded.given_at, excluded.given_by)
"""

# In a masked or cut response there may be no numbers.
_JOIN_QUOTES = """
UPDATE feedback SET
    quoted_at = quote.started_at, model = quote.model, model_version = quote.model_version,
    quoted_usd = jsonb_path_query_first(quote.response_body, '$.price ? (@.type() == "number")')::float8,
    low_usd = jsonb_path_query_first(quote.response_body, '$.low ? (@.type() == "number")')::float8,
    high_usd = jsonb_path_query_first(quote.response_body, '$.high ? (@.type() == "number")')::float8,
    coverage = jsonb_path_query_first(quote.response_body, '$.coverage ? (@.type() == "number")')::float8,
    stone = quote.request_body - 'model'
FROM exchanges quote
WHERE feedback.quoted_at IS NULL AND quote.id = feedback.exchange_id
    AND (quote.method, quote.path, quote.status) = ('POST', '/predict', 200)
    AND (%(ids)s::uuid[] IS NULL OR feedback.given_by = ANY(%(ids)s::uuid[]))
"""

_DELETE_FORGOTTEN = """
DELETE FROM exchanges given USING forgotten_exchanges forgotten
WHERE given.id = ANY(%(ids)s::uuid[]) AND given.path = '/feedback' AND given.status = 200
    AND given.response_body ->> 'exchange_id' = forgotten.id::text
"""


_SUMMARY = """
SELECT count(*) FILTER (WHERE quoted_usd > 0) AS sales,
    avg(abs(quoted_usd - price_usd)) FILTER (WHERE quoted_usd > 0) AS mae_usd,
    avg(abs(quoted_usd / price_usd - 1)) FILTER (WHERE quoted_usd > 0) AS mape,
    avg(quoted_usd / price_usd - 1) FILTER (WHERE quoted_usd > 0) AS bias,
    avg((price_usd BETWEEN low_usd AND high_usd)::int) FILTER (WHERE quoted_usd > 0) AS within_interval,
    count(*) FILTER (WHERE quoted_at IS NULL) AS waiting
FROM feedback
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """How far quotes were off on so many ``sales``; ``mape`` and ``bias`` are shares of the sale price.

    None without sales, and ``within_interval`` without intervals. ``waiting`` is the number of sales whose
    quotes have not arrived.
    """

    sales: int
    mae_usd: float | None
    mape: float | None
    bias: float | None
    within_interval: float | None
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """The sale price of a quoted stone beside its quote; prices in USD, the names are the table's columns.

    ``coverage`` is the share of true prices that the quote promised between ``low_usd`` and ``high_usd``;
    ``stone`` is the stone as its client sent it. What was not stored of the quote is None, and ``sold_at``
    where that is unknown.
    """

    exchange_id: UUID
    price_usd: float
    given_at: datetime
    given_by: UUID
    quoted_at: datetime
    quoted_usd: float | None
    low_usd: float | None
    high_usd: float | None
    coverage: float | None
    model: str
    model_version: str
    stone: dict[str, Any] | None
    sold_at: datetime | None = None


def store_feedback(connection: sa.Connection, batch: Sequence[Joined]) -> None:
    """Extracts the feedback among exchanges that were just inserted.

    The newest about a quote is stored, whatever the order of arrival; a repetition changes nothing;
    feedback about a forgotten quote is deleted.
    """
    ids = [
        request.id
        for request, response in batch
        if request.path == PATH and response and response.status == 200
    ]
    if ids:
        for statement in (_DELETE_FORGOTTEN, _EXTRACT, _JOIN_QUOTES):
            connection.exec_driver_sql(statement, {"ids": ids})


def join_pending(connection: sa.Connection, given_by: UUID | None = None) -> None:
    """Completes the feedback that reached the database before its quote did: all, or what one load gave."""
    connection.exec_driver_sql(_JOIN_QUOTES, {"ids": None if given_by is None else [str(given_by)]})


def feedback_since(moment: datetime) -> list[Feedback]:
    """Feedback from that moment on, oldest first, about quotes that are or were in the database."""
    column = feedback.c
    query = sa.select(feedback).where(column.given_at >= moment, column.quoted_at.is_not(None))
    with engine().begin() as connection:
        join_pending(connection)
        rows = connection.execute(query.order_by(column.given_at, column.exchange_id)).all()
    return [Feedback(**row._mapping) for row in rows]


def feedback_summary() -> Summary:
    """How far quotes were off what their stones were sold for."""
    with engine().begin() as connection:
        join_pending(connection)
        row = connection.exec_driver_sql(_SUMMARY).one()
    within = None if row.within_interval is None else float(row.within_interval)
    return Summary(**{**row._mapping, "within_interval": within})


def feedback_exchanges(connection: sa.Connection, quotes: Collection[UUID]) -> list[UUID]:
    """The ids of the exchanges that gave feedback about these quotes, including feedback replaced since."""
    matches = exchanges.c.response_body["exchange_id"].astext.in_([str(each) for each in quotes])
    return list(connection.scalars(sa.select(exchanges.c.id).where(exchanges.c.path == PATH, matches)))


def feedback_lists(connection: sa.Connection, quotes: Collection[UUID]) -> list[UUID]:
    """The ids of the lists and files that gave feedback about these quotes, among that about others."""
    given_by = sa.select(feedback.c.given_by).where(feedback.c.exchange_id.in_(quotes)).distinct()
    alone = exchanges.c.response_body["exchange_id"].astext.is_not(None)
    return list(connection.scalars(sa.select(exchanges.c.id).where(exchanges.c.id.in_(given_by), ~alone)))
