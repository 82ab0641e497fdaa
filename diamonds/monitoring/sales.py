"""Takes lists and files of sales of quoted stones: checks each row, stores it, and says what became of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from diamonds.exchanges.database.sales import Outcome, Result, Sale, store_sales
from diamonds.exchanges.journal.lookup import unshipped_among
from diamonds.settings import settings

if TYPE_CHECKING:
    from diamonds.dataset.sales_file import SaleRow

LOWEST, HIGHEST = 0.01, 1_000_000_000
"""Limits of a sale price, in the currency of its quote."""
_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one row of a list or a file."""

    row: "SaleRow"
    outcome: Outcome


def take_sales(rows: "Iterable[SaleRow]", given_by: UUID) -> Iterator[Taken]:
    """Stores the sales, some thousands in a transaction; what became of each, in order.

    A row that is no sale of a quoted stone is refused with its reason, and the others are stored. The same
    rows again change nothing.
    """
    remaining = iter(rows)
    while batch := list(islice(remaining, _ROWS_AT_ONCE)):
        checked = [_sale(row) for row in batch]
        sales = [sale for sale in checked if isinstance(sale, Sale)]
        outcomes = iter(store_sales(sales, given_by, unshipped_among))
        for row, sale in zip(batch, checked, strict=True):
            yield Taken(row, next(outcomes) if isinstance(sale, Sale) else Outcome(Result.REFUSED, sale))


def _sale(row: "SaleRow") -> Sale | str:
    """The sale of a row, or why it is none."""
    quote = _uuid(row.quote)
    if row.problem is not None:
        return row.problem
    if not row.quote:
        return "`exchange_id` is missing; expected the X-Exchange-Id of a quote."
    if quote is None:
        return f"Got exchange_id={row.quote[:80]!r}; expected the X-Exchange-Id of a quote, a UUID."
    if row.price is None or not LOWEST <= row.price <= HIGHEST:
        return f"Got price={row.price}; expected an amount between {LOWEST} and {HIGHEST:,}."
    if row.currency not in (None, settings().currency):
        return f"Got a price in {row.currency}; expected one in {settings().currency}, as it was quoted."
    return Sale(quote, row.price, _moment(row.sold_at))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _moment(day: date | None) -> datetime | None:
    """The time of a sale, in UTC: of a day its noon."""
    if day is None or isinstance(day, datetime):
        return day
    return datetime.combine(day, time(12), UTC)
