"""Reads exchanges back: one by its id, or pages of those that pass a filter, newest first."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.database.filters import ORDER, Filter, Place, newest
from diamonds.exchanges.database.tables import exchanges
from diamonds.exchanges.exchange import Exchange

LARGEST_PAGE = 1000
MOST_SEARCHED = 20_000
"""Exchanges that one page looks through for a text, at most."""
_SEARCH_SECONDS = 0.05
"""After this time it takes no further step, for bodies may be large; the last takes as long as the rest."""
_SEARCHED_FIRST = 100
_BODIES = {"request_body", "response_body", "request_bytes", "response_bytes"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadCursor(ValueError):
    """A cursor that no page of ours gave."""


@dataclass(frozen=True, slots=True)
class Page:
    """Exchanges, newest first, and the cursor of the page after them, or None at the end.

    A page of a search for a text may be short, or empty, and not be the last: see ``page``.
    """

    exchanges: list[Exchange]
    next: str | None


def exchange(id: UUID) -> Exchange | None:  # noqa: A002 - the column's name
    """The exchange with this id, or None."""
    with engine().connect() as connection:
        return exchange_on(connection, id)


def exchange_on(connection: sa.Connection, id: UUID | str) -> Exchange | None:  # noqa: A002
    """The exchange with this id as an open transaction sees it, or None."""
    row = connection.execute(sa.select(exchanges).where(exchanges.c.id == UUID(str(id)))).one_or_none()
    return Exchange(**row._mapping) if row else None


def page(wanted: Filter, *, limit: int = 100, cursor: str | None = None, bodies: bool = True) -> Page:
    """Up to ``limit`` exchanges after ``cursor``. Rows that arrive meanwhile move nothing on later pages.

    Without ``bodies`` they are None in every exchange, and need not be read.

    No index knows what is in bodies: for a text, a page looks through ``MOST_SEARCHED`` exchanges that pass
    the other filters, or as many as take about a tenth of a second; its cursor goes on from there, whatever
    was found. Raises BadCursor for a cursor that was not given by a page.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise ValueError(f"Got limit={limit}; expected 1 to {LARGEST_PAGE}.")
    columns, place = _columns(bodies), _place(cursor)
    with engine().connect() as connection:
        if wanted.text is not None:
            return _searched(connection, columns, wanted, limit, place)
        # One more tells whether there is a next page.
        rows = connection.execute(newest(columns, wanted, limit + 1, place)).all()
    found = [Exchange(**row._mapping) for row in rows[:limit]]
    return Page(found, _cursor(_place_of(found[-1])) if len(rows) > limit else None)


def _columns(bodies: bool) -> sa.Select[Any]:
    left_out = set() if bodies else _BODIES
    return sa.select(*(sa.null().label(each.name) if each.name in left_out else each for each in exchanges.c))


def _searched(
    connection: sa.Connection, columns: sa.Select[Any], wanted: Filter, limit: int, place: Place | None
) -> Page:
    found: list[Exchange] = []
    looked, step = 0, _SEARCHED_FIRST
    # A plan that sorts reads all rows for the first one; without fresh statistics it looks the cheaper one.
    connection.exec_driver_sql("SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    began = time.monotonic()
    while looked < MOST_SEARCHED and time.monotonic() - began < _SEARCH_SECONDS:
        end = _end_of_step(connection, wanted, place, step)
        query = newest(columns, wanted, limit - len(found), place, end)
        found += [Exchange(**row._mapping) for row in connection.execute(query)]
        if len(found) == limit:
            return Page(found, _cursor(_place_of(found[-1])))
        if end is None:
            return Page(found, None)
        place, looked = end, looked + step
        step = min(2 * step, MOST_SEARCHED - looked)
    return Page(found, _cursor(place) if place else None)


def _end_of_step(connection: sa.Connection, wanted: Filter, place: Place | None, step: int) -> Place | None:
    """The place of the last of the next ``step`` exchanges, whatever is in them; None: there are fewer."""
    passing = newest(sa.select(*ORDER), replace(wanted, text=None), step, place)
    row = connection.execute(passing.offset(step - 1).limit(1)).one_or_none()
    return (row.started_at, row.id) if row else None


def _place_of(one: Exchange) -> Place:
    return one.started_at, one.id


def _cursor(place: Place) -> str:
    moment, id_ = (place[0] - _EPOCH) // timedelta(microseconds=1), place[1]
    return urlsafe_b64encode(f"{moment}.{id_.hex}".encode()).decode().rstrip("=")


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        moment, _, id_hex = text.partition(".")
        return _EPOCH + timedelta(microseconds=int(moment)), UUID(hex=id_hex)
    except (ValueError, OverflowError) as problem:
        raise BadCursor(f"Got cursor={cursor!r}; expected the `next` of an earlier page.") from problem
