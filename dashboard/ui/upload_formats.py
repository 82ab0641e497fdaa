"""File formats of stones that can be uploaded: their file name endings, and Excel workbooks as tables."""

import io
from pathlib import Path

import fastexcel
import polars as pl

from diamonds.dataset import DataError

ENDINGS = ("csv", "tsv", "txt", "xlsx", "xls", "parquet", "pq", "jsonl", "ndjson", "gz")
_WORKBOOK_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def is_workbook(content: bytes) -> bool:
    """Whether the content is an Excel workbook, by its first bytes."""
    return content.startswith(_WORKBOOK_MAGIC)


def read_workbook(name: str, content: bytes) -> pl.DataFrame:
    """The first sheet of an Excel workbook; raises ``DataError`` when it cannot be read."""
    try:
        sheet = fastexcel.read_excel(content).load_sheet(0)
    except fastexcel.FastExcelError as error:
        raise DataError(f"Could not read {name} as an Excel workbook: {error}") from error
    return sheet.to_polars()


def workbook_to_parquet(name: str, content: bytes) -> tuple[str, bytes]:
    """The first sheet of an Excel workbook as a Parquet file; any other file is returned unchanged.

    The dataset package reads no workbooks.
    """
    if not is_workbook(content):
        return name, content
    table = io.BytesIO()
    read_workbook(name, content).write_parquet(table)
    return f"{Path(name).stem}.parquet", table.getvalue()
