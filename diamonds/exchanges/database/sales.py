"""Stores many sale prices of quoted stones at once, each as feedback about its quote."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.database.feedback import join_pending
from diamonds.exchanges.database.tables import exchanges, forgotten_exchanges

# Waits for an erasure that is on its way, and has a later one wait: nothing is stored about what is erased.
_LOCK = "LOCK TABLE exchanges IN ROW EXCLUSIVE MODE"

_STORE = """
INSERT INTO feedback AS existing (exchange_id, price_usd, given_at, given_by, sold_at)
SELECT quote, price, %(given_at)s, %(given_by)s::uuid, sold_at
FROM unnest(%(quotes)s::uuid[], %(prices)s::double precision[], %(sold_at)s::timestamptz[])
    AS sales(quote, price, sold_at)
ON CONFLICT (exchange_id) DO UPDATE SET
    price_usd = excluded.price_usd, given_at = excluded.given_at, given_by = excluded.given_by,
    sold_at = excluded.sold_at
WHERE existing.given_at < excluded.given_at
    AND (existing.price_usd, existing.sold_at) IS DISTINCT FROM (excluded.price_usd, excluded.sold_at)
RETURNING exchange_id
"""

_QUOTE = ("POST", "/predict", 200)


@dataclass(frozen=True, slots=True)
class Sale:
    """What a quoted stone was sold for, and when; None: unknown."""

    exchange_id: UUID
    price_usd: float
    sold_at: datetime | None = None


class Result(StrEnum):
    """What became of one sale: only ``REFUSED`` is not in the database."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    WAITING = "waiting"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one sale, and why it was refused."""

    result: Result
    reason: str | None = None


def store_sales(
    sales: Sequence[Sale], given_by: UUID, unshipped: Callable[[Collection[UUID]], set[UUID]]
) -> list[Outcome]:
    """Stores the sales in one transaction, and returns what became of each, in order.

    The same again is ``UNCHANGED``; another price of a quote replaces the one before. About a quote that is
    not in the database it waits where ``unshipped`` says that it may be on its way, and joins it later. Of
    two sales with the same quote the last counts. ``given_by`` is the id of the exchange with the list.
    """
    last = {sale.exchange_id: place for place, sale in enumerate(sales)}
    with engine().begin() as connection:
        connection.exec_driver_sql(_LOCK)
        problems, waiting = _check(connection, last.keys(), unshipped)
        wanted = [sales[place] for quote, place in last.items() if quote not in problems]
        stored = _store(connection, wanted, given_by)
        join_pending(connection, given_by)
    return [
        _outcome(sale, place, last[sale.exchange_id], problems, stored, waiting)
        for place, sale in enumerate(sales)
    ]


def _outcome(
    sale: Sale, place: int, last: int, problems: dict[UUID, str], stored: set[UUID], waiting: set[UUID]
) -> Outcome:
    quote = sale.exchange_id
    if quote in problems:
        return Outcome(Result.REFUSED, problems[quote])
    if place != last:
        return Outcome(Result.REFUSED, f"A later row is about {quote}, too; the last one counts.")
    if quote not in stored:
        return Outcome(Result.UNCHANGED)
    return Outcome(Result.WAITING if quote in waiting else Result.STORED)


def _check(
    connection: sa.Connection, quotes: Collection[UUID], unshipped: Callable[[Collection[UUID]], set[UUID]]
) -> tuple[dict[UUID, str], set[UUID]]:
    """Why there can be no feedback about some of the quotes, and which of them may be on their way."""
    column = exchanges.c
    query = sa.select(column.id, column.method, column.path, column.status)
    known: dict[UUID, Any] = {row.id: row for row in connection.execute(query.where(column.id.in_(quotes)))}
    answered = {quote for quote, row in known.items() if row.status is not None}
    waiting = unshipped([quote for quote in quotes if quote not in answered])
    waiting -= _forgotten(connection, waiting)
    problems = {
        quote: problem
        for quote in quotes
        if quote not in waiting and (problem := problem_of(quote, known.get(quote))) is not None
    }
    return problems, waiting


def _forgotten(connection: sa.Connection, ids: Collection[UUID]) -> set[UUID]:
    column = forgotten_exchanges.c.id
    return {*connection.scalars(sa.select(column).where(column.in_(ids)))}


class _Call(Protocol):
    """A row of ``exchanges``, or as much of it."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def status(self) -> int | None: ...


def problem_of(quote: UUID, row: "_Call | None") -> str | None:
    """Why there can be no feedback about an exchange; None: it quoted one stone."""
    if row is None:
        return f"There is no exchange {quote}; expected the X-Exchange-Id of an answer of POST /predict."
    if (row.method, row.path, row.status) == _QUOTE:
        return None
    answered = f"answered with status {row.status}" if row.status else "never answered"
    return (
        f"Exchange {quote} was {row.method} {row.path:.100}, {answered}; "
        "expected a quote of one stone: POST /predict, answered with status 200."
    )


def _store(connection: sa.Connection, sales: Sequence[Sale], given_by: UUID) -> set[UUID]:
    """Stores the sales, and returns the quotes of those that were not stored so before."""
    parameters = {
        "quotes": [str(sale.exchange_id) for sale in sales],
        "prices": [sale.price_usd for sale in sales],
        "sold_at": [sale.sold_at for sale in sales],
        "given_at": datetime.now(UTC),
        "given_by": str(given_by),
    }
    return {*connection.exec_driver_sql(_STORE, parameters).scalars()}
