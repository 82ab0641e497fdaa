"""Parses cells as numbers with their units, and distinguishes missing values from unreadable ones."""

import math
import re
from functools import partial

import polars as pl

from diamonds.dataset.cells.texts import by_spelling, is_missing, plain, remembered, texts_of

UNITS: dict[str, dict[str, float]] = {
    "carat": dict.fromkeys(
        (
            "ct",
            "cts",
            "ctw",
            "carat",
            "carats",
            "kt",
            "crt",
            "karat",
            "carati",
            "quilates",
            "quilate",
            "karaat",
        ),
        1.0,
    )
    | dict.fromkeys(("pt", "pts", "point", "points", "pointer", "punti", "punkte", "puntos", "pontos"), 0.01)
    | dict.fromkeys(("g", "gram", "grams", "gramm"), 5.0),
    "depth": dict.fromkeys(("%", "pct", "percent"), 1.0),
    "table": dict.fromkeys(("%", "pct", "percent"), 1.0),
} | dict.fromkeys(("x", "y", "z"), dict.fromkeys(("mm", "millimeter", "millimeters"), 1.0) | {"cm": 10.0})
"""What may stand beside the number in a cell of each measure, and the factor to our unit."""

_NUMBER = re.compile(r"(?P<before>[^\d.,+-]*)(?P<number>[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+))(?P<after>[^\d]*)")
_BRACKETS = str.maketrans("", "", "()[]{}")

Parsed = tuple[pl.Series, pl.Series]
"""The cells as float64 with null where missing or unreadable, and whether each is unreadable."""


def parse_measure(cells: pl.Series, column: str, factor: float = 1.0) -> Parsed:
    """A measure in our unit; ``factor`` is that of numbers without a unit of their own.

    A measure is below a thousand, so that a comma or point in it is always the decimal mark.
    """
    if (numbers := typed_numbers(cells)) is not None:
        return (numbers[0] if factor == 1 else rounded(numbers[0] * factor)), numbers[1]
    texts = texts_of(cells)
    values = texts.cast(pl.Float64, strict=False)
    if factor != 1 or values.null_count() > texts.null_count():
        values = by_spelling(texts, partial(_measure, column=column, factor=factor), pl.Float64)
    return with_flags(values, texts)


@remembered
def _measure(text: str, column: str, factor: float) -> float | None:
    match = _NUMBER.fullmatch(plain(text).translate(_BRACKETS).strip())
    if match is None:
        return _float(text)
    units = UNITS[column]
    words = [word for side in ("before", "after") if (word := match[side].casefold().strip(" .:'\""))]
    if len(words) > 1 or not all(word in units for word in words):
        return None
    number = float(match["number"].replace(",", "."))
    scale = units[words[0]] if words else factor
    return number if scale == 1 else float(f"{number * scale:.12g}")  # without the noise of 70 * 0.01


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def median_of(values: pl.Series) -> float | None:
    """The median of the known numbers, None if there is none."""
    median = values.median()
    return float(median) if isinstance(median, int | float) else None


def rounded(values: pl.Series) -> pl.Series:
    """The products of numbers without the noise of their multiplication."""
    return values.round_sig_figs(12)


def typed_numbers(cells: pl.Series) -> Parsed | None:
    """Cells that are numbers by their type, or that never can be; None for text."""
    if cells.dtype == pl.Float32:  # 5.7 must stay the 5.7 it was in float64
        return _without_nan(cells.cast(pl.Float64).round_sig_figs(7)), all_readable(cells)
    if cells.dtype.is_numeric():
        return _without_nan(cells.cast(pl.Float64)), all_readable(cells)
    if cells.dtype == pl.Null:
        return cells.cast(pl.Float64), all_readable(cells)
    if not isinstance(cells.dtype, pl.String | pl.Categorical | pl.Enum | pl.Binary):
        return unknown(len(cells)), cells.is_not_null()
    return None


def with_flags(values: pl.Series, texts: pl.Series) -> Parsed:
    """The values, and whether each is null although its text is none of those that mean so.

    Where a text is null, so is its value.
    """
    values = _without_nan(values)
    if values.null_count() == texts.null_count():
        return values, all_readable(values)
    doubtful = texts.filter(values.is_null() & texts.is_not_null()).unique().to_list()
    unreadable = [text for text in doubtful if not is_missing(text)]
    return values, texts.is_in(unreadable) if unreadable else all_readable(values)


def _without_nan(values: pl.Series) -> pl.Series:
    """The numbers with null for NaN; where their sum is a number, none is NaN."""
    return values.fill_nan(None) if math.isnan(values.sum() or 0.0) else values


def unknown(rows: int) -> pl.Series:
    """A measure that no row has."""
    return pl.Series([None], dtype=pl.Float64).new_from_index(0, rows)


def all_readable(cells: pl.Series) -> pl.Series:
    """The flags of cells none of which is unreadable."""
    return pl.Series([False]).new_from_index(0, len(cells))


def decimal_mark(rows: pl.DataFrame) -> str:
    """The decimal mark of text columns: ``,`` if more cells need it than need a point, otherwise ``.``."""
    texts = [texts_of(rows[name]).str.strip_chars() for name in rows.columns if rows[name].dtype == pl.String]
    commas = sum(int(text.str.contains(r"^[+-]?(0?,\d+|\d+,(\d{1,2}|\d{4,}))$").sum()) for text in texts)
    points = sum(int(text.str.contains(r"^[+-]?(0?\.\d+|\d+\.(\d{1,2}|\d{4,}))$").sum()) for text in texts)
    return "," if commas > points else "."
