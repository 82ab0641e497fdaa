"""Interprets a table by the names of its columns and by its first rows, before anything of it is used."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from diamonds.dataset.cells.measurements import smallest_position
from diamonds.dataset.cells.money import price_mark
from diamonds.dataset.cells.numbers import median_of, parse_measure
from diamonds.dataset.cells.texts import plain, texts_of
from diamonds.dataset.columns.aliases import Aliases
from diamonds.dataset.columns.choice import Choice, choose
from diamonds.dataset.columns.fits import filled
from diamonds.dataset.columns.recognise import REQUIRED
from diamonds.dataset.dimension_checks import check_dimensions
from diamonds.dataset.errors import ColumnError
from diamonds.dataset.interpretation import Interpretation
from diamonds.dataset.market import Market
from diamonds.dataset.table import Table
from diamonds.grades import grade_in, is_excellent

_LARGEST_FRACTION = 1.5
_MOST_COLUMNS = 1_000
"""Maximum number of columns: each is looked at for what it has, which takes a millisecond."""


def interpret(
    table: Table, market: Market, *, needed: Sequence[str] = REQUIRED, aliases: Aliases | None = None
) -> Interpretation:
    """How to read a table; raises ``ColumnError`` when a column of ``needed`` is missing or ambiguous.

    Or when there are too many columns.
    """
    if len(table.columns) > _MOST_COLUMNS:
        got = f"Got {len(table.columns):,} columns"
        raise ColumnError(f"{table.place}: {got}; expected at most {_MOST_COLUMNS:,}.")
    sample = table.sample()
    try:
        choice = choose(table.columns, sample, needed, aliases, market.currency)
        interpretation = _interpretation(table, sample, choice)
        check_dimensions(interpretation, sample, market)
    except ColumnError as error:
        raise ColumnError(f"{table.place}: {error}") from None
    return interpretation


def _interpretation(table: Table, sample: pl.DataFrame, choice: Choice) -> Interpretation:
    columns = choice.columns
    excellent, notes = _excellent(sample[columns["cut"]]) if "cut" in columns else ("Ideal", [])
    factors = choice.factors | dict(_fractions(columns, sample))
    fractions = [column for column in ("depth", "table") if column in factors]
    notes += [f"{columns[column]!r} is read as a fraction: 0.6 is {column} 60%." for column in fractions]
    used = Interpretation(table.place, columns, market_columns=choice.market, factors=factors)
    price = columns.get("price") or columns.get("price per carat")
    return replace(
        used,
        ignored=tuple(name for name in table.columns if name not in used.used),
        positions=_positions(sample[columns["measurements"]]) if "measurements" in columns else {},
        price_mark=price_mark(sample[price]) if price else ".",
        price_in_brackets=_are_in_brackets(sample[price]) if price else False,
        excellent=excellent,
        notes=(*table.notes, *choice.notes, *notes),
    )


def _fractions(columns: dict[str, str], sample: pl.DataFrame) -> Iterator[tuple[str, float]]:
    """Columns of percent that have fractions of one instead, as spreadsheets store them."""
    for column in ("depth", "table"):
        if column in columns:
            median = median_of(parse_measure(sample[columns[column]], column)[0])
            if median is not None and 0 < median < _LARGEST_FRACTION:
                yield column, 100.0


def _positions(cells: pl.Series) -> dict[str, int]:
    z = smallest_position(cells)
    x, y = (position for position in range(3) if position != z)
    return {"x": x, "y": y, "z": z}


def _are_in_brackets(cells: pl.Series) -> bool:
    texts = [plain(text) for text in texts_of(cells).drop_nulls().to_list()]
    bracketed = sum(text.startswith("(") and text.endswith(")") for text in texts)
    return bracketed * 2 > len(texts)


def _excellent(cuts: pl.Series) -> tuple[str, list[str]]:
    """What *Excellent* is in this table: the second grade where a better one is used, or else the best."""
    kinds = set(filled(cuts))
    others = {kind for kind in kinds if not is_excellent(kind)}
    if len(others) == len(kinds):
        return "Ideal", []
    ideal = any((grade := grade_in("cut", kind)) and grade.name == "Ideal" for kind in others)
    read_as, where = ("Premium", "beside Ideal") if ideal else ("Ideal", "the best cut here")
    return read_as, [f"The cut Excellent, {where}, is read as {read_as}."]
