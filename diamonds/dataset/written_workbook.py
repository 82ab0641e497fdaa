"""Writes rows as an Excel workbook with one sheet."""

import io

import polars as pl

from diamonds.dataset.errors import DataError

MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 1_048_575, 16_384, 32_767
"""What a sheet holds beneath its header, and a cell."""

_EXACT = 10**15
"""Up to here Excel keeps every digit."""
_WHOLE_NUMBER = r"^-?(0|[1-9]\d{0,14})$"
_PLAIN_NUMBER = r"^-?(0|[1-9]\d{0,14})(\.\d{1,12})?$"
_YEARS = (1900, 9999)


def workbook_of(rows: pl.DataFrame) -> bytes:
    """The rows beneath a header that stays in sight, with filters; text of nothing but numbers as numbers.

    Raises ``DataError`` where a sheet does not hold them.
    """
    # Not as this module is imported: most processes that read files write no workbook.
    from rustpy_xlsxwriter import write_worksheet

    if len(rows) > MOST_ROWS or rows.width > MOST_COLUMNS:
        raise DataError(
            f"Got {len(rows):,} rows of {rows.width:,} columns; a workbook holds at most {MOST_ROWS:,} of "
            f"{MOST_COLUMNS:,}. Write them as CSV."
        )
    workbook = io.BytesIO()
    write_worksheet(
        rows.select(map(_cells, rows)).rename(lambda name: name[:MOST_CHARACTERS]),
        workbook,
        sheet_name="Prices",
        float_format="#,##0.00",
        bold_headers=True,
        freeze_row=1,
        autofilter=True,
    )
    return workbook.getvalue()


def _cells(column: pl.Series) -> pl.Series:
    """The column as a sheet can hold it: what is neither a number nor a day is text."""
    if _is_held(column):
        return column
    if column.dtype != pl.String:
        texts = [None if value is None else str(value) for value in column.to_list()]
        column = pl.Series(column.name, texts, dtype=pl.String)
    return _as_numbers(column)


def _is_held(column: pl.Series) -> bool:
    kind = column.dtype
    if kind.is_integer():
        return bool(column.is_between(-_EXACT, _EXACT).all())
    if kind in (pl.Date, pl.Datetime):
        return bool(column.dt.year().is_between(*_YEARS).all())
    return kind.is_float() or kind == pl.Boolean


def _as_numbers(column: pl.Series) -> pl.Series:
    """A column of text that holds nothing but plain numbers as numbers: workbooks are read as text."""
    for pattern, kind in ((_WHOLE_NUMBER, pl.Int64), (_PLAIN_NUMBER, pl.Float64)):
        if column.count() and column.str.contains(pattern).all():
            return column.cast(kind)
    return column.str.head(MOST_CHARACTERS)
