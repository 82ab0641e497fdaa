"""Builds the queries for the newest exchanges that match a filter, by an index however many match."""

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
_INDEX_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    "status": exchanges.c.status,
    "model": exchanges.c.model,
    # The number is part of the indexed expression, so it is no parameter.
    "path": sa.func.left(exchanges.c.path, sa.literal_column(str(_INDEXED_CHARACTERS)), type_=sa.Text),
}
"""The expressions that exchanges are filtered by, in the order of the index over all of them."""

SortKey: TypeAlias = tuple[datetime, UUID]
"""The position of an exchange in the order: its ``started_at`` and ``id``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which exchanges to read: ``since`` <= started_at < ``until``; None matches everything.

    ``text`` is anywhere in the request's or the response's body, ignoring case. ``readable_only`` leaves out
    bodies that cannot be read back.
    """

    since: datetime | None = None
    until: datetime | None = None
    path: str | None = None
    status: int | None = None
    model: str | None = None
    text: str | None = None
    readable_only: bool = False

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        column = exchanges.c
        bounds = [
            column.started_at >= self.since if self.since else None,
            column.started_at < self.until if self.until else None,
            # The indexed prefix alone identifies a shorter path.
            column.path == self.path if len(self.path or "") >= _INDEXED_CHARACTERS else None,
        ]
        equal = [_INDEX_COLUMNS[name] == value for name, value in self.indexed_values.items()]
        containing = [contains(self.text, readable_only=self.readable_only)] if self.text is not None else []
        return [*(bound for bound in bounds if bound is not None), *equal, *containing]

    @property
    def indexed_values(self) -> dict[str, object]:
        """The values that the filter requires of ``_INDEX_COLUMNS``, by name."""
        prefix = self.path[:_INDEXED_CHARACTERS] if self.path is not None else None
        values = {"status": self.status, "model": self.model, "path": prefix}
        return {name: value for name, value in values.items() if value is not None}


def newest(
    columns: sa.Select[Any],
    filters: Filter,
    limit: int,
    after: SortKey | None = None,
    end: SortKey | None = None,
) -> sa.Select[Any]:
    """The newest ``limit`` exchanges that match: of those after ``after``, up to and including ``end``.

    There is an index in this order for each filter alone and for all together. Of two filters each may match
    many and both together hardly any: then the query goes through the values of the third.
    """
    matching = columns.where(*filters.conditions(), *_between(after, end))
    unfiltered = [name for name in _INDEX_COLUMNS if name not in filters.indexed_values]
    if len(unfiltered) == 1:
        return _for_each_value(unfiltered[0], matching, filters, limit)
    return matching.order_by(*_NEWEST_FIRST).limit(limit)


def _for_each_value(name: str, matching: sa.Select[Any], filters: Filter, limit: int) -> sa.Select[Any]:
    third, value = _INDEX_COLUMNS[name], _values(name, filters)
    of_one = matching.where(third == value.c.value).order_by(*_NEWEST_FIRST).limit(limit).lateral()
    of_each = sa.select(of_one).select_from(value.join(of_one, sa.true()))
    # With the column in ORDER BY the planner knows that the index has these rows in order as well.
    of_none = matching.where(third.is_(None)).order_by(third, *_NEWEST_FIRST).limit(limit)
    rows = of_each.union_all(of_none).subquery()
    return sa.select(rows).order_by(rows.c.started_at.desc(), rows.c.id.desc()).limit(limit)


def _values(name: str, filters: Filter) -> sa.CTE:
    """The distinct values of a column where the index's columns before it match: one look-up for each."""
    third, before = _INDEX_COLUMNS[name], takewhile(lambda other: other != name, _INDEX_COLUMNS)
    required = filters.indexed_values
    equal = [_INDEX_COLUMNS[other] == required[other] for other in before if other in required]
    lowest = sa.select(third.label("value")).where(*equal).order_by(third).limit(1)
    values = lowest.where(third.is_not(None)).cte("third", recursive=True)
    following = lowest.where(third > values.c.value).scalar_subquery()
    return values.union_all(sa.select(following).where(values.c.value.is_not(None)))


def _between(after: SortKey | None, end: SortKey | None) -> list[sa.ColumnElement[bool]]:
    order = sa.tuple_(*ORDER)
    bounds = [
        order < sa.tuple_(*map(sa.literal, after)) if after is not None else None,
        order >= sa.tuple_(*map(sa.literal, end)) if end is not None else None,
    ]
    return [bound for bound in bounds if bound is not None]
