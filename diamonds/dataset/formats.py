"""Detects the format of a file by its content and reads it as a table."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from diamonds.dataset.delimited import delimited_table
from diamonds.dataset.errors import DataError
from diamonds.dataset.layout import LONGEST_LINE, opened
from diamonds.dataset.table import BATCH_ROWS, Batch, Table

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".jsonl", ".ndjson")
"""Suffixes of the files of a folder that are read; all but Parquet may be followed by ``.gz``."""

_ROWS_FOR_COLUMN_NAMES = 1000


def file_table(path: Path, place: str) -> Table:
    """The table in a Parquet, JSON lines or delimited text file; raises ``DataError``."""
    with opened(path) as file:
        start = file.read(512)
    if not start:
        raise DataError(f"{place} is empty.")
    if start.startswith(b"PAR1"):
        return _parquet_table(path, place)
    if start.startswith(b"PK\x03\x04"):
        raise DataError(f"{place} is a zip archive or an Excel workbook; save it as CSV or Parquet.")
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[")):
        return _json_lines_table(path, place)
    return delimited_table(path, place)


def _parquet_table(path: Path, place: str) -> Table:
    scan = pl.scan_parquet(path, glob=False)
    return Table(place, tuple(scan.collect_schema().names()), partial(_parquet_batches, scan, place))


def _parquet_batches(scan: pl.LazyFrame, place: str, names: Sequence[str]) -> Iterator[Batch]:
    expected = scan.select(pl.len()).collect().item()
    read = 0
    for batch in _scanned(scan, names):
        read += len(batch.rows)
        yield batch
    if read != expected:  # when a thread of the reader fails, polars ends the batches without an error
        raise DataError(f"{place} has {expected:,} rows of which only {read:,} could be read.")


def _json_lines_table(path: Path, place: str) -> Table:
    with opened(path) as file:
        start = file.read(LONGEST_LINE)
    if len(start) == LONGEST_LINE and b"\n" not in start:
        raise DataError(f"{place} has no line end in {LONGEST_LINE >> 20} MB: it is not JSON lines.")
    sample = pl.scan_ndjson(path, infer_schema_length=_ROWS_FOR_COLUMN_NAMES)
    return Table(place, tuple(sample.collect_schema().names()), partial(_json_batches, path))


def _json_batches(path: Path, names: Sequence[str]) -> Iterator[Batch]:
    # As text, since a column may hold numbers in one line and text in another.
    return _scanned(pl.scan_ndjson(path, schema=dict.fromkeys(names, pl.String)), names)


def _scanned(scan: pl.LazyFrame, names: Sequence[str]) -> Iterator[Batch]:
    for rows in scan.select(names).collect_batches(chunk_size=BATCH_ROWS):
        yield Batch(rows)
