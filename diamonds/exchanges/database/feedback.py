"""What quoted stones were sold for: taken from the exchanges that said so, and read beside the quotes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.database.tables import exchanges, feedback
from diamonds.exchanges.journal.reader import Joined

PATH = "/feedback"

# From the rows as they are kept, so that it does not matter which copy of an exchange came first.
_PROJECT = """
INSERT INTO feedback AS known (exchange_id, price_usd, given_at, given_by)
SELECT DISTINCT ON (quote) quote, price_usd, given_at, id
FROM exchanges, LATERAL (SELECT
    (response_body ->> 'exchange_id')::uuid AS quote,
    (response_body ->> 'price')::double precision AS price_usd,
    (response_body ->> 'given_at')::timestamptz AS given_at) AS said
WHERE id = ANY(%(ids)s::uuid[]) AND (method, path, status) = ('POST', '/feedback', 200)
    AND (quote, price_usd, said.given_at) IS NOT NULL
ORDER BY quote, given_at DESC, id DESC
ON CONFLICT (exchange_id) DO UPDATE SET
    price_usd = excluded.price_usd, given_at = excluded.given_at, given_by = excluded.given_by
WHERE (known.given_at, known.given_by) < (excluded.given_at, excluded.given_by)
"""

# Of a masked or shortened answer there may be no numbers.
_MATCH = """
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

_FORGET = """
DELETE FROM exchanges said USING forgotten_exchanges forgotten
WHERE said.id = ANY(%(ids)s::uuid[]) AND said.path = '/feedback' AND said.status = 200
    AND said.response_body ->> 'exchange_id' = forgotten.id::text
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a quoted stone was sold for, beside its quote; prices in USD, the names are the table's columns.

    ``coverage`` is the share of true prices that the quote promised between ``low_usd`` and ``high_usd``;
    ``stone`` is the stone as its client gave it. What was not kept of the quote is None.
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


def project(connection: sa.Connection, batch: Sequence[Joined]) -> None:
    """Keeps the feedback among exchanges that were just inserted. The newest about a quote stays, whatever
    the order in which they come; what comes again changes nothing; about a forgotten quote nothing is kept.
    """
    ids = [asked.id for asked, answer in batch if asked.path == PATH and answer and answer.status == 200]
    if ids:
        for statement in (_FORGET, _PROJECT, _MATCH):
            connection.exec_driver_sql(statement, {"ids": ids})


def match_waiting(connection: sa.Connection) -> None:
    """Completes the feedback that reached the database before its quote did."""
    connection.exec_driver_sql(_MATCH, {"ids": None})


def feedback_since(moment: datetime) -> list[Feedback]:
    """What was said from that moment on about quotes that the database holds or held, oldest first."""
    known = feedback.c
    query = sa.select(feedback).where(known.given_at >= moment, known.quoted_at.is_not(None))
    with engine().begin() as connection:
        match_waiting(connection)
        rows = connection.execute(query.order_by(known.given_at, known.exchange_id)).all()
    return [Feedback(**row._mapping) for row in rows]


def said_about(connection: sa.Connection, quotes: Collection[UUID]) -> list[UUID]:
    """The exchanges that gave feedback about these quotes, also feedback that was replaced since."""
    about = exchanges.c.response_body["exchange_id"].astext.in_([str(each) for each in quotes])
    return list(connection.scalars(sa.select(exchanges.c.id).where(exchanges.c.path == PATH, about)))
