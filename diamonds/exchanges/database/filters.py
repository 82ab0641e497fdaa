"""Finds the newest exchanges that pass a filter, in order and by an index, however few or many pass."""

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa

from diamonds.exchanges.database.tables import exchanges
from diamonds.exchanges.database.text_search import contains

ORDER = (exchanges.c.started_at, exchanges.c.id)
_NEWEST_FIRST = [column.desc() for column in ORDER]
_INDEXED_CHARACTERS = 200
_TOGETHER: dict[str, sa.ColumnElement[Any]] = {
    "status": exchanges.c.status,
    "model": exchanges.c.model,
    # The number is part of the indexed expression, so it is no parameter.
    "path": sa.func.left(exchanges.c.path, sa.literal_column(str(_INDEXED_CHARACTERS)), type_=sa.Text),
}
"""What exchanges are filtered by, as the index of them all has it and in its order."""

Place: TypeAlias = tuple[datetime, UUID]
"""Of an exchange in the order: it began at that time and has that id."""


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
            # The index tells shorter paths apart by itself.
            column.path == self.path if len(self.path or "") >= _INDEXED_CHARACTERS else None,
        ]
        same = [_TOGETHER[name] == value for name, value in self.same.items()]
        inside = [contains(self.text)] if self.text is not None else []
        return [*(bound for bound in bounds if bound is not None), *same, *inside]

    @property
    def same(self) -> dict[str, object]:
        """What must have a certain value in the index."""
        start = self.path[:_INDEXED_CHARACTERS] if self.path is not None else None
        values = {"status": self.status, "model": self.model, "path": start}
        return {name: value for name, value in values.items() if value is not None}


def newest(
    columns: sa.Select[Any], wanted: Filter, limit: int, after: Place | None = None, end: Place | None = None
) -> sa.Select[Any]:
    """The first so many that pass, newest first: of those after a place, up to and with the one at the end.

    An index keeps the order for each filter alone and for all together. Where two meet, each may let much
    through and both hardly anything: so we ask for each value of the third.
    """
    passing = columns.where(*wanted.conditions(), *_between(after, end))
    others = [name for name in _TOGETHER if name not in wanted.same]
    if len(others) == 1:
        return _for_each_value(others[0], passing, wanted, limit)
    return passing.order_by(*_NEWEST_FIRST).limit(limit)


def _for_each_value(name: str, passing: sa.Select[Any], wanted: Filter, limit: int) -> sa.Select[Any]:
    third, value = _TOGETHER[name], _values(name, wanted)
    of_one = passing.where(third == value.c.value).order_by(*_NEWEST_FIRST).limit(limit).lateral()
    of_each = sa.select(of_one).select_from(value.join(of_one, sa.true()))
    # The column in the order tells the planner that the index has these rows in order, too.
    of_none = passing.where(third.is_(None)).order_by(third, *_NEWEST_FIRST).limit(limit)
    found = of_each.union_all(of_none).subquery()
    return sa.select(found).order_by(found.c.started_at.desc(), found.c.id.desc()).limit(limit)


def _values(name: str, wanted: Filter) -> sa.CTE:
    """The values that the column has where the index's columns before it are as wanted: a look for each."""
    third, before = _TOGETHER[name], takewhile(lambda other: other != name, _TOGETHER)
    known = [_TOGETHER[other] == wanted.same[other] for other in before if other in wanted.same]
    lowest = sa.select(third.label("value")).where(*known).order_by(third).limit(1)
    values = lowest.where(third.is_not(None)).cte("third", recursive=True)
    following = lowest.where(third > values.c.value).scalar_subquery()
    return values.union_all(sa.select(following).where(values.c.value.is_not(None)))


def _between(after: Place | None, end: Place | None) -> list[sa.ColumnElement[bool]]:
    order = sa.tuple_(*ORDER)
    bounds = [
        order < sa.tuple_(*map(sa.literal, after)) if after is not None else None,
        order >= sa.tuple_(*map(sa.literal, end)) if end is not None else None,
    ]
    return [bound for bound in bounds if bound is not None]
