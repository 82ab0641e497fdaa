"""Parses cells as numbers and grades, and distinguishes missing values from unreadable ones."""

import polars as pl

from diamonds.diamond import GRADES, parse_grade

MISSING = ("", "na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", "unknown")
"""What people write, in any case, where they have no value."""

_SPACES = " \t\r\n\u00a0\u202f"


def decimal_mark(rows: pl.DataFrame) -> str:
    """The decimal mark of text columns: ``,`` if more cells need it than need a point, otherwise ``.``."""
    texts = [rows[name].str.strip_chars(_SPACES) for name in rows.columns if rows[name].dtype == pl.String]
    commas = sum(int(text.str.contains(r"^[+-]?(0?,\d+|\d+,(\d{1,2}|\d{4,}))$").sum()) for text in texts)
    points = sum(int(text.str.contains(r"^[+-]?(0?\.\d+|\d+\.(\d{1,2}|\d{4,}))$").sum()) for text in texts)
    return "," if commas > points else "."


def parse_numbers(cells: pl.Series, mark: str) -> tuple[pl.Series, pl.Series]:
    """The cells as float64 with null where missing or unreadable, and whether each is unreadable.

    ``mark`` is the decimal mark of cells that are text.
    """
    if cells.dtype == pl.Float32:  # 5.7 must stay the 5.7 it was in float64
        return cells.cast(pl.Float64).round_sig_figs(7).fill_nan(None), _all_readable(cells)
    if cells.dtype.is_numeric():
        return cells.cast(pl.Float64).fill_nan(None), _all_readable(cells)
    if cells.dtype == pl.Null:
        return cells.cast(pl.Float64), _all_readable(cells)
    if not isinstance(cells.dtype, pl.String | pl.Categorical | pl.Enum | pl.Binary):
        return pl.repeat(None, len(cells), dtype=pl.Float64, eager=True), cells.is_not_null()
    return _parse_texts(texts_of(cells), mark)


def texts_of(cells: pl.Series) -> pl.Series:
    """The cells as text, null where they hold what has no text, such as lists or images."""
    if cells.dtype.is_nested() or cells.dtype == pl.Object:
        return pl.repeat(None, len(cells), dtype=pl.String, eager=True)
    if cells.dtype == pl.Binary:  # how some programs store text in Parquet
        return pl.Series([str(cell, "utf-8", "replace") if cell is not None else None for cell in cells])
    return cells.cast(pl.String, strict=False)


def _parse_texts(texts: pl.Series, mark: str) -> tuple[pl.Series, pl.Series]:
    values = texts.cast(pl.Float64, strict=False)
    if mark == "," or (values.is_null() & texts.is_not_null()).any():
        values = _without_punctuation(texts, mark).cast(pl.Float64, strict=False)
    values = values.fill_nan(None)
    missing = texts.is_null() | texts.str.strip_chars(_SPACES).str.to_lowercase().is_in(MISSING)
    return values, values.is_null() & ~missing


def _without_punctuation(texts: pl.Series, mark: str) -> pl.Series:
    """The numbers with a decimal point and without dollar and percent signs or thousands separators."""
    thousands = r"[,' \u{a0}\u{202f}]" if mark == "." else r"[.' \u{a0}\u{202f}]"
    grouped = rf"^[+-]?[1-9]\d{{0,2}}({thousands}\d{{3}})+(\{mark}\d+)?$"
    bare = pl.col("texts").str.strip_chars(_SPACES + "$%")
    plain = pl.when(bare.str.contains(grouped)).then(bare.str.replace_all(thousands, "")).otherwise(bare)
    if mark == ",":
        plain = plain.str.replace(",", ".", literal=True)
    return pl.DataFrame({"texts": texts}).select(plain.alias(texts.name)).to_series()


def _all_readable(cells: pl.Series) -> pl.Series:
    """The flags of cells none of which is unreadable."""
    return pl.repeat(False, len(cells), dtype=pl.Boolean, eager=True)


def parse_grades(cells: pl.Series, column: str) -> pl.Series:
    """The cells as an ordered enumeration of the grades of ``column``, null where they name none."""
    texts, scale = texts_of(cells), pl.Enum(GRADES[column])
    exact = texts.cast(scale, strict=False)
    if not exact.has_nulls():  # the usual case, and by far the fastest
        return exact
    spellings = texts.unique().drop_nulls().to_list()
    known = {text: grade for text in spellings if (grade := _grade_or_none(column, text))}
    return texts.replace_strict(list(known), list(known.values()), default=None, return_dtype=scale)


def _grade_or_none(column: str, text: str) -> str | None:
    try:
        return parse_grade(column, text)
    except ValueError:
        return None
