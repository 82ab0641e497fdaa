"""A table as it is kept somewhere, before its columns mean anything."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

BATCH_ROWS = 1_000_000
"""The most rows of a table that are held before they are cleaned."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows as they were found, and the text of lines that are no rows of the table."""

    rows: pl.DataFrame
    malformed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One file or query result: ``batches`` reads the columns of those names, row by row in order."""

    place: str
    columns: tuple[str, ...]
    batches: Callable[[Sequence[str]], Iterator[Batch]]
