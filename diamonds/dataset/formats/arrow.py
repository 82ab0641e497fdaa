"""Reads Parquet and Arrow (Feather) files in batches."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from diamonds.dataset.errors import DataError
from diamonds.dataset.formats.options import Options
from diamonds.dataset.table import BATCH_ROWS, SAMPLE_ROWS, Batch, Table


def parquet_table(path: Path, place: str, _: Options) -> Table:
    """The table in a Parquet file."""
    return _scanned_table(pl.scan_parquet(path, glob=False), place)


def arrow_table(path: Path, place: str, _: Options) -> Table:
    """The table in an Arrow IPC file, which is also Feather's format."""
    return _scanned_table(pl.scan_ipc(path), place)


def _scanned_table(scan: pl.LazyFrame, place: str) -> Table:
    return Table(
        place,
        tuple(scan.collect_schema().names()),
        partial(_batches, scan, place),
        lambda: scan.head(SAMPLE_ROWS).collect(),
    )


def _batches(scan: pl.LazyFrame, place: str, names: Sequence[str]) -> Iterator[Batch]:
    expected = scan.select(pl.len()).collect().item()
    read = 0
    for batch in scanned(scan, names):
        read += len(batch.rows)
        yield batch
    if read != expected:  # when a thread of the reader fails, polars ends the batches without an error
        raise DataError(f"{place} has {expected:,} rows of which only {read:,} could be read.")


def scanned(scan: pl.LazyFrame, names: Sequence[str]) -> Iterator[Batch]:
    """These columns in batches."""
    for rows in scan.select(names).collect_batches(chunk_size=BATCH_ROWS):
        yield Batch(rows)
