"""Reads exchanges back: one by its id, or pages of those that pass a filter, newest first."""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.containing import contains
from diamonds.exchanges.exchange import Exchange
from diamonds.exchanges.tables import exchanges

LARGEST_PAGE = 1000
RARE = 50_000
_TOGETHER = ("path", "status", "model")
MOST_SEARCHED = 20_000
"""Exchanges that one page looks through for a text, at most."""
_SEARCH_SECONDS = 0.05
"""After this time it takes no further step, for bodies may be large; the last takes as long as the rest."""
_SEARCHED_FIRST = 100
_ORDER = (exchanges.c.started_at, exchanges.c.id)
_BODIES = {"request_body", "response_body", "request_bytes", "response_bytes"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Place: TypeAlias = tuple[datetime, UUID]
"""Of an exchange in the order: it began at that time and has that id."""


class BadCursor(ValueError):
    """A cursor that no page of ours gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which exchanges to read: ``since`` <= started_at < ``until``; None lets everything pass.

    ``text`` is anywhere in the request's or the response's body, without regard to case.
    """

    since: datetime | None = None
    until: datetime | None = None
    path: str | None = None
    status: int | None = None
    model: str | None = None
    text: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        column = exchanges.c
        bounds = [
            column.started_at >= self.since if self.since else None,
            column.started_at < self.until if self.until else None,
        ]
        same = [column[name] == value for name in _TOGETHER if (value := getattr(self, name)) is not None]
        inside = [contains(self.text)] if self.text is not None else []
        return [*(bound for bound in bounds if bound is not None), *same, *inside]


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
    with engine().connect() as connection:
        if wanted.text is not None:
            return _searched(connection, wanted, limit, cursor, bodies)
        rare = _may_be_rare(wanted) and _is_rare(connection, wanted)
        query = select_page(wanted, limit=limit, cursor=cursor, rare=rare, bodies=bodies)
        rows = connection.execute(query).all()
    found = [Exchange(**row._mapping) for row in rows[:limit]]
    return Page(found, _cursor(_place_of(found[-1])) if len(rows) > limit else None)


def select_page(
    wanted: Filter, *, limit: int, cursor: str | None = None, rare: bool = False, bodies: bool = True
) -> sa.Select[Any]:
    """The query of a page, with one row more to tell whether there is a next one.

    What is ``rare`` is found first and sorted then; otherwise all is read in order until enough is found.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise ValueError(f"Got limit={limit}; expected 1 to {LARGEST_PAGE}.")
    query = _newest_first(_columns(bodies), wanted, _place(cursor)).limit(limit + 1)
    if not rare:
        return query
    passing = _after(sa.select(*_ORDER), wanted, _place(cursor))
    found = passing.offset(0).subquery()  # the offset keeps it apart
    newest = sa.select(found.c.id).order_by(found.c.started_at.desc(), found.c.id.desc()).limit(limit + 1)
    return _ordered(_columns(bodies).where(exchanges.c.id.in_(newest))).limit(limit + 1)


def _columns(bodies: bool) -> sa.Select[Any]:
    left_out = set() if bodies else _BODIES
    return sa.select(*(sa.null().label(each.name) if each.name in left_out else each for each in exchanges.c))


def _may_be_rare(wanted: Filter) -> bool:
    """Whether two filters meet, of which each may let much through and both nothing.

    For all three together, and for each alone, an index keeps the order.
    """
    return sum(getattr(wanted, name) is not None for name in _TOGETHER) == 2


def _is_rare(connection: sa.Connection, wanted: Filter) -> bool:
    """Counts no further than it must. The planner cannot tell, as it takes filters for independent."""
    some = sa.select(sa.literal(1)).select_from(exchanges).where(*wanted.conditions()).limit(RARE).subquery()
    return (connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0) < RARE


def _searched(
    connection: sa.Connection, wanted: Filter, limit: int, cursor: str | None, bodies: bool
) -> Page:
    found: list[Exchange] = []
    place, looked, step = _place(cursor), 0, _SEARCHED_FIRST
    # A plan that sorts reads all rows for the first one; without fresh statistics it looks the cheaper one.
    connection.exec_driver_sql("SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    began = time.monotonic()
    while looked < MOST_SEARCHED and time.monotonic() - began < _SEARCH_SECONDS:
        end = _end_of_step(connection, wanted, place, step)
        query = _newest_first(_columns(bodies), wanted, place, end).limit(limit - len(found))
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
    columns = sa.select(*_ORDER)
    query = _newest_first(columns, replace(wanted, text=None), place).offset(step - 1).limit(1)
    row = connection.execute(query).one_or_none()
    return (row.started_at, row.id) if row else None


def _newest_first(
    query: sa.Select[Any], wanted: Filter, after: Place | None, end: Place | None = None
) -> sa.Select[Any]:
    """Those after a place, up to and with the one at the end."""
    return _ordered(_after(query, wanted, after, end))


def _ordered(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.order_by(*(column.desc() for column in _ORDER))


def _after(
    query: sa.Select[Any], wanted: Filter, after: Place | None, end: Place | None = None
) -> sa.Select[Any]:
    order = sa.tuple_(*_ORDER)
    query = query.where(*wanted.conditions())
    if after is not None:
        query = query.where(order < sa.tuple_(*map(sa.literal, after)))
    if end is not None:
        query = query.where(order >= sa.tuple_(*map(sa.literal, end)))
    return query


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
