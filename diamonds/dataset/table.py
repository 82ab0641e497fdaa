"""A table as it is read from a file or a database, before its columns are recognised."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

BATCH_ROWS = 1_000_000
"""Maximum number of rows that are read before they are cleaned."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as they were read, and the text of lines with a different number of fields than the header."""

    rows: pl.DataFrame
    malformed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One file or query result at ``place``; ``batches(names)`` reads these of its columns in order."""

    place: str
    columns: tuple[str, ...]
    batches: Callable[[Sequence[str]], Iterator[Batch]]
