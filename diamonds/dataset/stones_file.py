"""Reads a file of stones that are to be priced: row by row the stone, or the reason why there is none."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from diamonds.dataset.asking import asking_prices, interpret_with_prices, notes_on_prices
from diamonds.dataset.cells.texts import is_missing
from diamonds.dataset.clean import without_zeros
from diamonds.dataset.columns.recognise import GRADED
from diamonds.dataset.errors import DataError
from diamonds.dataset.interpret import interpret
from diamonds.dataset.interpretation import Interpretation
from diamonds.dataset.mapping import ColumnMapping
from diamonds.dataset.market import Market
from diamonds.dataset.parse import parsed
from diamonds.dataset.read import batches_of, damage_as_data_error, tables_of, tables_of_content
from diamonds.dataset.rules import MALFORMED, Rule, broken_rule, quoting_rules, unreadable
from diamonds.dataset.table import Batch, Table
from diamonds.diamond import FEATURES, MEASURES
from diamonds.grades import GRADES, listed

_LONGEST_LINE = 500


class TooManyRows(DataError):
    """A file has more rows than are read at once."""


@dataclass(frozen=True, slots=True)
class StonesFile:
    """The rows of a file as they came, and what each is as a stone.

    ``stones`` has a row for each of ``rows``: columns ``FEATURES``, grades as text, unknown measures null.
    ``reasons`` says of each row why it cannot be priced, null where it can. A line with another number of
    fields than the header is a row without any cell; ``malformed`` has the text of such lines by their row.
    ``asked`` are the prices that the file has, null where there is none or no number above 0.
    """

    rows: pl.DataFrame
    stones: pl.DataFrame
    reasons: pl.Series
    interpretation: Interpretation
    malformed: Mapping[int, str]
    asked: pl.Series

    @property
    def has_asked(self) -> bool:
        """Whether any stone that can be priced has an asking price."""
        return bool((self.asked.is_not_null() & self.reasons.is_null()).any())

    @property
    def priceable(self) -> pl.DataFrame:
        """The stones that can be priced, in order."""
        return self.stones.filter(self.reasons.is_null())


def read_stones(
    source: str | Path,
    content: bytes | None = None,
    *,
    mapping: ColumnMapping | None = None,
    most_rows: int | None = None,
) -> StonesFile:
    """The stones of a file, or of ``content``, an uploaded file that is called ``source``.

    A column of prices is not needed, and whatever is in it, stones are priced. ``mapping`` names columns that
    are not recognised; by default that of the settings. Raises ``DataError`` when the file cannot be read or
    lacks a column that is needed, ``TooManyRows`` when it has more than ``most_rows``.
    """
    chosen = mapping or ColumnMapping.of_settings()
    with _tables(source, content, chosen) as tables:
        table = _only(tables, str(source))
        with damage_as_data_error(table.place):
            interpretation = interpret(table, Market.of_settings(), needed=GRADED, aliases=chosen.aliases())
            with_prices = interpret_with_prices(table, chosen)
        batches = list(
            _limited(batches_of(table, list(dict.fromkeys(table.columns))), table.place, most_rows)
        )
    rows, malformed = _in_order(batches)
    if rows.is_empty():
        raise DataError(f"{table.place} has a header and no rows beneath it.")
    file = _understood(rows, interpretation, malformed, chosen)
    if with_prices is None:
        return file
    asked = asking_prices(rows, with_prices, Market.of_settings())
    notes = (*with_prices.notes, *notes_on_prices(rows, with_prices, asked))
    return replace(file, interpretation=replace(with_prices, notes=notes), asked=asked)


def header_of(source: str, content: bytes, mapping: ColumnMapping) -> tuple[str, ...]:
    """The names of the columns of an uploaded file's first table; raises ``DataError`` as ``read_stones``."""
    with _tables(source, content, mapping) as tables:
        return next(tables).columns


def _tables(
    source: str | Path, content: bytes | None, mapping: ColumnMapping
) -> AbstractContextManager[Iterator[Table]]:
    if content is None:
        return tables_of(source, mapping.options())
    return tables_of_content(str(source), content, mapping.options())


def _only(tables: Iterator[Table], place: str) -> Table:
    """The one table; raises ``DataError`` when there are several."""
    table = next(tables)
    if (other := next(tables, None)) is not None:
        raise DataError(
            f"{place} has stones in {table.place} and in {other.place}; send one of them at a time."
        )
    return table


def _limited(batches: Iterator[Batch], place: str, most_rows: int | None) -> Iterator[Batch]:
    rows = 0
    for batch in batches:
        rows += len(batch.rows) + len(batch.malformed)
        if most_rows is not None and rows > most_rows:
            raise TooManyRows(f"{place} has more than {most_rows:,} rows; send fewer at a time.")
        yield batch


def _in_order(batches: list[Batch]) -> tuple[pl.DataFrame, dict[int, str]]:
    """All rows, with an empty one for each malformed line: in its place where that is known, else last."""
    rows = pl.concat([batch.rows for batch in batches], how="vertical_relaxed")
    lines = [line for batch in batches for line in batch.malformed]
    total = len(rows) + len(lines)
    known = batches[0].places if len(batches) == 1 else ()
    places = dict(zip(known or range(len(rows), total), lines, strict=True))
    if not places:
        return rows, {}
    order = [*(place for place in range(total) if place not in places), *places]
    empty = pl.DataFrame({name: [None] * len(lines) for name in rows.columns}, schema=rows.schema)
    return pl.concat([rows, empty]).select(pl.all().sort_by(pl.Series(order))), places


def _understood(
    rows: pl.DataFrame, interpretation: Interpretation, malformed: Mapping[int, str], mapping: ColumnMapping
) -> StonesFile:
    market = Market.of_settings()
    stones = without_zeros(parsed(rows, interpretation, market, mapping.all_grades()))
    rules = quoting_rules(market)
    broken = stones.select(broken_rule(rules, stones.columns)).to_series()
    sentences = _Sentences(rows, stones, interpretation)
    named = list(rules.items())
    reasons = [None if rule is None else sentences.of(row, named[rule]) for row, rule in enumerate(broken)]
    for row, line in malformed.items():
        reasons[row] = f"{MALFORMED[0].upper()}{MALFORMED[1:]}: {line[:_LONGEST_LINE]!r}."
    nothing = pl.repeat(None, len(rows), dtype=pl.Float64, eager=True)
    plain = stones.select(
        pl.col(name).cast(pl.String) if name in GRADES else pl.col(name) for name in FEATURES
    )
    return StonesFile(
        rows, plain, pl.Series("reason", reasons, dtype=pl.String), interpretation, malformed, nothing
    )


@dataclass(frozen=True, slots=True)
class _Sentences:
    """Says why rows cannot be priced."""

    raw: pl.DataFrame
    parsed: pl.DataFrame
    interpretation: Interpretation

    def of(self, row: int, rule: tuple[str, Rule]) -> str:
        name, details = rule
        if column := self._unreadable(row):
            return f"Got {column}={self._cell(row, column)!r}; expected a number."
        if len(details.columns) > 1 or (details.excludes and details.columns[0] not in GRADES):
            return f"{name[0].upper()}{name[1:]}: {self._cells(row, details)}."
        column = details.columns[0]
        cell = self._cell(row, column)
        if is_missing(cell):
            return f"The {column} is missing."
        if column in GRADES:
            return f"Got {column}={cell!r}; expected one of {listed(column)}."
        return f"Got {column}={cell!r}: {name}."

    def _unreadable(self, row: int) -> str | None:
        return next((column for column in MEASURES if self.parsed[unreadable(column)][row]), None)

    def _cells(self, row: int, rule: Rule) -> str:
        known = [column for column in rule.columns if self._name(column)]
        return ", ".join(f"{column} {self._cell(row, column)!r}" for column in known)

    def _cell(self, row: int, column: str) -> str:
        name = self._name(column)
        value = self.raw[name][row] if name else None
        return "" if value is None else str(value)[:80]

    def _name(self, column: str) -> str | None:
        market = {role: names[0] for role, names in self.interpretation.market_columns.items()}
        return {**market, **self.interpretation.our_columns}.get(column)
