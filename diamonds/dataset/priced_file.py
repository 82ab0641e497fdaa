"""Writes the rows of a file of stones with what was computed for each, in the format of the file."""

import codecs
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

import polars as pl

from diamonds.api import content_types
from diamonds.api.requests import ASKED
from diamonds.dataset.formats.layout import best_separator, decoded
from diamonds.dataset.formats.signatures import format_of
from diamonds.dataset.stones_file import StonesFile
from diamonds.dataset.written_workbook import workbook_of

PRICE, LOW, HIGH, WARNING, PROBLEM = "price", "low", "high", "warning", "problem"
QUOTED = (PRICE, LOW, HIGH, WARNING)
DIFFERENCE, PERCENT, OUTSIDE = "difference", "difference_percent", "outside"
DEAL = (ASKED, DIFFERENCE, PERCENT, OUTSIDE)
"""What is said of a stone with an asking price: see ``diamonds.pricing.deals``."""
_FORMULA = re.compile(r"\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,15})?")
_DECIMAL_COMMA = re.compile(r"\d,\d")

Quoted = Mapping[str, Sequence[float | str | None]]
"""For each stone that can be priced: its price, low and high, perhaps its deal, warning, and problem."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format in which priced rows are written."""

    content_type: str
    suffix: str
    write: Callable[[pl.DataFrame], bytes]


def priced_rows(file: StonesFile, quoted: Quoted) -> pl.DataFrame:
    """The rows of the file as they came, and beside each its price, or the problem why it has none.

    Where the file has a column of that name already, ours is called *quoted price*, *quoted low* and so on.
    """
    can = file.reasons.is_null()
    rows = can.arg_true()
    nothing = [None] * len(rows)
    asked = DEAL if ASKED in quoted else ()
    columns = {name: _spread(quoted[name], rows, len(can)) for name in (PRICE, LOW, HIGH, *asked[:-1])}
    for name in (*asked[-1:], WARNING, PROBLEM):
        columns[name] = _spread(quoted.get(name, nothing), rows, len(can), pl.String)
    columns[PROBLEM] = pl.select(pl.coalesce(file.reasons, columns[PROBLEM])).to_series()
    ours = pl.DataFrame({name_in(file, name): column for name, column in columns.items()})
    return pl.concat([file.rows, ours], how="horizontal")


def best_deals_first(rows: pl.DataFrame, file: StonesFile) -> pl.DataFrame:
    """The rows of ``priced_rows`` from the most below its quoted price; those without a deal come last."""
    name = name_in(file, PERCENT)
    return rows.sort(name, nulls_last=True, maintain_order=True) if name in rows.columns else rows


def _spread(
    values: Sequence[float | str | None], rows: pl.Series, total: int, kind: type[pl.DataType] = pl.Float64
) -> pl.Series:
    """The values at their rows, null elsewhere."""
    column = pl.repeat(None, total, dtype=kind, eager=True)
    return column.scatter(rows, pl.Series(values, dtype=kind)) if len(rows) else column


def name_in(file: StonesFile, name: str) -> str:
    """The name of our column beside those of the file: another where the file has one of that name."""
    taken = {each.strip().casefold() for each in file.rows.columns}
    candidates = chain([name, f"quoted {name}"], (f"quoted {name} {number}" for number in count(2)))
    return next(each for each in candidates if each not in taken)


def format_for(content: bytes) -> FileFormat:
    """The format in which a file is answered: its own where that can be written, else CSV."""
    kind = format_of(content[:512])
    if kind == "workbook" or (kind == "zip" and b"xl/" in content):
        return WORKBOOK
    if kind == "parquet":
        return PARQUET
    if kind == "json":
        return JSON_LINES
    return _csv_like(decoded(content, "the file")) if kind == "text" else CSV


def _csv_like(text: str) -> FileFormat:
    """CSV with the separator, the decimal mark and the byte order mark that the text has."""
    lines = [line for line in text[:65536].splitlines()[:50] if line.strip()]
    separator = best_separator(lines)
    comma = separator != "," and any(_DECIMAL_COMMA.search(line) for line in lines)
    mark = codecs.BOM_UTF8 if text.startswith("\ufeff") or not text.isascii() else b""
    return FileFormat(content_types.CSV, ".csv", lambda rows: mark + _csv(rows, separator, comma))


def _csv(rows: pl.DataFrame, separator: str = ",", decimal_comma: bool = False) -> bytes:
    return (
        without_formulas(rows)
        .write_csv(separator=separator, decimal_comma=decimal_comma, float_scientific=False)
        .encode()
    )


def _workbook(rows: pl.DataFrame) -> bytes:
    return workbook_of(without_formulas(rows))


def _parquet(rows: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    rows.write_parquet(content)
    return content.getvalue()


def without_formulas(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with an apostrophe before each text that a spreadsheet would take for a formula."""
    safe = rows.select(
        column.map_elements(_harmless, return_dtype=pl.String) if column.dtype == pl.String else column
        for column in rows
    )
    return safe.rename({name: _harmless(name) for name in rows.columns})


def _harmless(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text.strip()) else text


CSV = FileFormat(content_types.CSV, ".csv", _csv)
WORKBOOK = FileFormat(content_types.WORKBOOK, ".xlsx", _workbook)
PARQUET = FileFormat(content_types.PARQUET, ".parquet", _parquet)
JSON_LINES = FileFormat(content_types.JSON_LINES, ".jsonl", lambda rows: rows.write_ndjson().encode())
