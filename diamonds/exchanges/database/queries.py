"""Reads exchanges back: one by its id, or pages of those that match a filter, newest first."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.database.filters import ORDER, Filter, SortKey, newest
from diamonds.exchanges.database.tables import exchanges
from diamonds.exchanges.database.unreadable import readable_json, without_unreadable
from diamonds.exchanges.exchange import Exchange

LARGEST_PAGE = 1000
LARGEST_PAGE_BYTES = 16 * 1024**2
"""Maximum size of the bodies in a page together; a page has one exchange at least."""
MOST_SEARCHED = 20_000
"""Exchanges that one page searches for a text, at most."""
_SEARCH_SECONDS = 0.05
"""After this time it takes no further step, since bodies may be large; the last takes as long as the rest."""
_SEARCHED_FIRST = 100
_JSON_BODIES = ("request_body", "response_body")
_BODIES = {*_JSON_BODIES, "request_bytes", "response_bytes"}
_FEW_ROWS_AT_ONCE: dict[str, Any] = {"stream_results": True, "max_row_buffer": 20}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadCursor(ValueError):
    """A cursor that was not returned with a page."""


@dataclass(frozen=True, slots=True)
class Page:
    """Exchanges, newest first, and the cursor of the page after them, or None at the end.

    A page of large bodies may be short, one of a search for a text may be short or empty, and neither be the
    last: see ``page``.
    """

    exchanges: list[Exchange]
    next: str | None


@dataclass(slots=True)
class _Matches:
    """The exchanges of a page, as many of those that match as it may contain."""

    limit: int
    exchanges: list[Exchange] = field(default_factory=list)
    is_full: bool = False
    """Whether an exchange was left out."""
    _bytes: int = 0

    def read(self, connection: sa.Connection, query: sa.Select[Any]) -> None:
        with connection.execute(query.execution_options(**_FEW_ROWS_AT_ONCE)) as rows:
            for row in rows:
                self._bytes += sum(len(row._mapping[name] or ()) for name in _BODIES)
                self.is_full = len(self.exchanges) == self.limit or self._is_too_large
                if self.is_full:
                    return
                self.exchanges.append(_exchange(row))

    @property
    def _is_too_large(self) -> bool:
        return bool(self.exchanges) and self._bytes > LARGEST_PAGE_BYTES

    @property
    def cursor(self) -> str:
        """That of the page after these."""
        return _cursor((self.exchanges[-1].started_at, self.exchanges[-1].id))


def exchange(id: UUID) -> Exchange | None:  # noqa: A002 - the column's name
    """The exchange with this id, or None."""
    with engine().connect() as connection:
        return read_exchange(connection, id)


def read_exchange(connection: sa.Connection, id: UUID | str) -> Exchange | None:  # noqa: A002
    """The exchange with this id as an open transaction sees it, or None."""
    row = connection.execute(
        _columns(readable_only=True).where(exchanges.c.id == UUID(str(id)))
    ).one_or_none()
    return _exchange(row) if row else None


def page(filters: Filter, *, limit: int = 100, cursor: str | None = None, bodies: bool = True) -> Page:
    """Up to ``limit`` exchanges after ``cursor``, and not above ``LARGEST_PAGE_BYTES`` of bodies.

    Rows that arrive meanwhile shift nothing on later pages. Without ``bodies`` they are None in every
    exchange, and need not be read.

    Bodies are not indexed: for a text, a page searches ``MOST_SEARCHED`` exchanges that match the other
    filters, or as many as take about a tenth of a second; its cursor continues there, whatever matched.
    Raises BadCursor for a cursor that was not returned with a page.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise ValueError(f"Got limit={limit}; expected 1 to {LARGEST_PAGE}.")
    after = _parse_cursor(cursor)
    return without_unreadable(
        lambda readable_only: _page(replace(filters, readable_only=readable_only), limit, after, bodies)
    )


def _page(filters: Filter, limit: int, after: SortKey | None, bodies: bool) -> Page:
    columns = _columns(bodies=bodies, readable_only=filters.readable_only)
    with engine().connect() as connection:
        # A plan for all rows of the page, though they are read a few at a time, while there is room.
        connection.exec_driver_sql("SET LOCAL cursor_tuple_fraction = 1")
        if filters.text is not None:
            return _search_page(connection, columns, filters, limit, after)
        matches = _Matches(limit)
        # One more shows whether there is a next page.
        matches.read(connection, newest(columns, filters, limit + 1, after))
    return Page(matches.exchanges, matches.cursor if matches.is_full else None)


def _columns(*, bodies: bool = True, readable_only: bool = False) -> sa.Select[Any]:
    return sa.select(*(_column(exchanges.c[each.name], bodies, readable_only) for each in fields(Exchange)))


def _column(column: sa.Column[Any], bodies: bool, readable_only: bool) -> sa.ColumnElement[Any]:
    if column.name in _BODIES and not bodies:
        return sa.null().label(column.name)
    if column.name in _JSON_BODIES:  # as text, whose size is known
        value = readable_json(column) if readable_only else column
        return sa.cast(value, sa.Text).label(column.name)
    return column


def _exchange(row: sa.Row[Any]) -> Exchange:
    texts = {name: row._mapping[name] for name in _JSON_BODIES}
    values = {name: json.loads(text) for name, text in texts.items() if text is not None}
    return Exchange(**{**row._mapping, **values})


def _search_page(
    connection: sa.Connection, columns: sa.Select[Any], filters: Filter, limit: int, after: SortKey | None
) -> Page:
    matches = _Matches(limit)
    searched, step = 0, _SEARCHED_FIRST
    # A plan that sorts reads all rows for the first one; without fresh statistics it appears to be cheaper.
    connection.exec_driver_sql("SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    began = time.monotonic()
    while searched < MOST_SEARCHED and time.monotonic() - began < _SEARCH_SECONDS:
        end = _end_of_step(connection, filters, after, step)
        matches.read(connection, newest(columns, filters, limit - len(matches.exchanges), after, end))
        if matches.is_full or len(matches.exchanges) == limit:
            return Page(matches.exchanges, matches.cursor)
        if end is None:
            return Page(matches.exchanges, None)
        after, searched = end, searched + step
        step = min(2 * step, MOST_SEARCHED - searched)
    return Page(matches.exchanges, _cursor(after) if after else None)


def _end_of_step(
    connection: sa.Connection, filters: Filter, after: SortKey | None, step: int
) -> SortKey | None:
    """The position of the last of the next ``step`` exchanges, whatever is in them; None: there are fewer."""
    matching = newest(sa.select(*ORDER), replace(filters, text=None), step, after)
    row = connection.execute(matching.offset(step - 1).limit(1)).one_or_none()
    return (row.started_at, row.id) if row else None


def _cursor(position: SortKey) -> str:
    moment, id_ = (position[0] - _EPOCH) // timedelta(microseconds=1), position[1]
    return urlsafe_b64encode(f"{moment}.{id_.hex}".encode()).decode().rstrip("=")


def _parse_cursor(cursor: str | None) -> SortKey | None:
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        moment, _, id_hex = text.partition(".")
        return _EPOCH + timedelta(microseconds=int(moment)), UUID(hex=id_hex)
    except (ValueError, OverflowError) as problem:
        raise BadCursor(f"Got cursor={cursor!r}; expected the `next` of an earlier page.") from problem
