"""Reads a file of sales of quoted stones: row by row the quote, the price and the day of the sale."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from diamonds.dataset.cells.dates import parse_dates
from diamonds.dataset.cells.money import parse_prices, price_mark
from diamonds.dataset.cells.texts import is_missing, texts_of
from diamonds.dataset.columns.names import meaning_of, normalised
from diamonds.dataset.errors import ColumnError
from diamonds.dataset.formats.options import Options
from diamonds.dataset.read import batches_of, tables_of, tables_of_content
from diamonds.dataset.rules import MALFORMED
from diamonds.dataset.table import Batch, Table

QUOTE_COLUMNS = ("exchangeid", "xexchangeid", "quoteid", "exchange", "id")
"""Names of the column with the ids of quotes, as ``normalised``; the first that a file has counts."""
_PRICE_COLUMNS = ("saleprice", "soldfor", "soldprice", "sellingprice", "salepriceusd", "price")
_LONGEST_LINE = 200


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One row of a file, counted from 1 beneath the header; ``problem`` says why it is no sale."""

    number: int
    quote: str
    price: float | None
    currency: str | None
    sold_at: date | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class _Columns:
    quote: str
    price: str
    sold_at: str | None

    @property
    def names(self) -> list[str]:
        return [name for name in (self.quote, self.price, self.sold_at) if name is not None]


def has_sales(header: Sequence[str]) -> bool:
    """Whether the names of a table's columns are those of sales."""
    return _quote_column(header) is not None and bool(_price_columns(header))


def read_sales(source: str | Path, content: bytes | None = None) -> Iterator[SaleRow]:
    """The rows of a file of any format that training reads, or of ``content``, an upload of that name.

    Raises ``DataError`` where the file cannot be read, ``ColumnError`` where it lacks a column.
    """
    with _tables(source, content) as tables:
        for table in tables:
            columns = _columns(table)
            number = 0
            for batch in batches_of(table, columns.names):
                yield from _rows(batch, columns, number)
                number += len(batch.rows) + len(batch.malformed)


def _tables(source: str | Path, content: bytes | None) -> AbstractContextManager[Iterator[Table]]:
    options = Options(wanted=has_sales)
    return tables_of(source, options) if content is None else tables_of_content(str(source), content, options)


def _columns(table: Table) -> _Columns:
    quote, prices = _quote_column(table.columns), _price_columns(table.columns)
    if quote is None or not prices:
        missing = "the ids of the quotes (exchange_id)" if quote is None else "the sale prices (price)"
        raise ColumnError(
            f"{table.place} has no column with {missing}; it has {', '.join(map(repr, table.columns[:20]))}."
        )
    dates = [name for name in table.columns if _role(name) == "sold at"]
    return _Columns(quote, prices[0], dates[0] if dates else None)


def _quote_column(header: Sequence[str]) -> str | None:
    names = {normalised(name): name for name in reversed(header)}
    return next((names[each] for each in QUOTE_COLUMNS if each in names), None)


def _price_columns(header: Sequence[str]) -> list[str]:
    """The columns that may have the prices, the most telling name first."""
    ranks = {name: rank for rank, name in enumerate(_PRICE_COLUMNS)}
    candidates = [name for name in header if _role(name) == "price"]
    return sorted(candidates, key=lambda name: ranks.get(normalised(name), len(ranks)))


def _role(name: str) -> str | None:
    meaning = meaning_of(name)
    return meaning.role if meaning else None


def _rows(batch: Batch, columns: _Columns, before: int) -> Iterator[SaleRow]:
    """The rows of a batch, each numbered by its place; lines of another length are where they are known."""
    total = len(batch.rows) + len(batch.malformed)
    lines = dict(zip(batch.places or range(len(batch.rows), total), batch.malformed, strict=True))
    read = _read_rows(batch.rows, columns)
    for place in range(total):
        number = before + place + 1
        if place in lines:
            problem = f"{MALFORMED[0].upper()}{MALFORMED[1:]}: {lines[place][:_LONGEST_LINE]!r}."
            yield SaleRow(number, "", None, None, None, problem)
        else:
            yield SaleRow(number, *next(read))


def _read_rows(rows: pl.DataFrame, columns: _Columns) -> Iterator[tuple[Any, ...]]:
    quotes, cells = texts_of(rows[columns.quote]), rows[columns.price]
    prices, _, currencies = parse_prices(cells, price_mark(cells))
    nothing: list[Any] = [None] * len(rows)
    dates = rows[columns.sold_at] if columns.sold_at else None
    days = nothing if dates is None else parse_dates(dates, columns.sold_at or "").dates.to_list()
    texts = nothing if dates is None else texts_of(dates).to_list()
    money = nothing if currencies is None else currencies.to_list()
    cell_texts = texts_of(cells).to_list()
    for quote, price, currency, day, text, cell in zip(
        quotes, prices, money, days, texts, cell_texts, strict=True
    ):
        yield (quote or "").strip(), price, currency, day, _problem(price, cell, day, text)


def _problem(price: float | None, cell: str | None, day: date | None, text: str | None) -> str | None:
    if price is None:
        return f"Got price={(cell or '')[:80]!r}; expected an amount."
    if day is None and text is not None and not is_missing(text):
        return f"Got sold_at={text[:80]!r}; expected a date, such as 2026-01-31."
    return None
