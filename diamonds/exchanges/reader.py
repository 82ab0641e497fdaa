"""Reads exchanges back: one by its id, or pages of those that pass a filter, newest first."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.exchange import Exchange
from diamonds.exchanges.tables import exchanges

LARGEST_PAGE = 1000
RARE = 50_000
_TOGETHER = ("path", "status", "model")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadCursor(ValueError):
    """A cursor that no page of ours gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which exchanges to read: ``since`` <= started_at < ``until``; None lets everything pass."""

    since: datetime | None = None
    until: datetime | None = None
    path: str | None = None
    status: int | None = None
    model: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        column = exchanges.c
        bounds = [
            column.started_at >= self.since if self.since else None,
            column.started_at < self.until if self.until else None,
        ]
        same = [column[name] == value for name in _TOGETHER if (value := getattr(self, name)) is not None]
        return [*(bound for bound in bounds if bound is not None), *same]


@dataclass(frozen=True, slots=True)
class Page:
    """Exchanges, newest first, and the cursor of the page after them, or None at the end."""

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


def page(wanted: Filter, *, limit: int = 100, cursor: str | None = None) -> Page:
    """Up to ``limit`` exchanges after ``cursor``. Rows that arrive meanwhile move nothing on later pages.

    Raises BadCursor for a cursor that was not given by a page.
    """
    with engine().connect() as connection:
        rare = _may_be_rare(wanted) and _is_rare(connection, wanted)
        rows = connection.execute(select_page(wanted, limit=limit, cursor=cursor, rare=rare)).all()
    found = [Exchange(**row._mapping) for row in rows[:limit]]
    return Page(found, _cursor_after(found[-1]) if len(rows) > limit else None)


def select_page(
    wanted: Filter, *, limit: int, cursor: str | None = None, rare: bool = False
) -> sa.Select[Any]:
    """The query of a page, with one row more to tell whether there is a next one.

    What is ``rare`` is found first and sorted then; otherwise all is read in order until enough is found.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise ValueError(f"Got limit={limit}; expected 1 to {LARGEST_PAGE}.")
    order = (exchanges.c.started_at, exchanges.c.id)
    conditions = wanted.conditions()
    if cursor is not None:
        conditions.append(sa.tuple_(*order) < sa.tuple_(*(sa.literal(part) for part in _place(cursor))))
    if rare:
        found = sa.select(*order).where(*conditions).offset(0).subquery()  # the offset keeps it apart
        newest = sa.select(found.c.id).order_by(found.c.started_at.desc(), found.c.id.desc())
        conditions = [exchanges.c.id.in_(newest.limit(limit + 1))]
    query = sa.select(exchanges).where(*conditions)
    return query.order_by(*(column.desc() for column in order)).limit(limit + 1)


def _may_be_rare(wanted: Filter) -> bool:
    """Whether two filters meet, of which each may let much through and both nothing.

    For all three together, and for each alone, an index keeps the order.
    """
    return sum(getattr(wanted, name) is not None for name in _TOGETHER) == 2


def _is_rare(connection: sa.Connection, wanted: Filter) -> bool:
    """Counts no further than it must. The planner cannot tell, as it takes filters for independent."""
    some = sa.select(sa.literal(1)).select_from(exchanges).where(*wanted.conditions()).limit(RARE).subquery()
    return (connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0) < RARE


def _cursor_after(last: Exchange) -> str:
    moment = (last.started_at - _EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(f"{moment}.{last.id.hex}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[datetime, UUID]:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        moment, _, id_hex = text.partition(".")
        return _EPOCH + timedelta(microseconds=int(moment)), UUID(hex=id_hex)
    except (ValueError, OverflowError) as problem:
        raise BadCursor(f"Got cursor={cursor!r}; expected the `next` of an earlier page.") from problem
