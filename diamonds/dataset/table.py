"""A table as it is read from a file or a database, before its columns are recognised."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

BATCH_ROWS = 1_000_000
"""Maximum number of rows that are read before they are cleaned."""
SAMPLE_ROWS = 5_000
"""Number of rows from the beginning of a table by which its columns are recognised."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as they were read, and the text of lines with a different number of fields than the header.

    ``places`` are the positions of these lines among all lines of the batch, where they are known.
    """

    rows: pl.DataFrame
    malformed: tuple[str, ...] = ()
    places: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One file, sheet or query result at ``place``.

    ``batches(names)`` reads these of its columns in order, ``sample()`` the first ``SAMPLE_ROWS`` rows of all
    columns; ``notes`` say what was done to read it.
    """

    place: str
    columns: tuple[str, ...]
    batches: Callable[[Sequence[str]], Iterator[Batch]]
    sample: Callable[[], pl.DataFrame]
    notes: tuple[str, ...] = ()


def frame_table(place: str, columns: Sequence[str], frame: pl.DataFrame, *notes: str) -> Table:
    """A table in memory; ``columns`` may repeat a name, of which ``frame`` has the first column."""
    return Table(
        place,
        tuple(columns),
        lambda names: iter([Batch(frame.select(names))]),
        lambda: frame.head(SAMPLE_ROWS),
        notes,
    )


def rows_table(place: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *notes: str) -> Table:
    """A table of rows in memory, each of which has a cell for every column."""
    return frame_table(place, columns, frame_of_cells(columns, zip(*rows, strict=True)), *notes)


def frame_of_cells(columns: Sequence[str], cells: Iterator[tuple[Any, ...]]) -> pl.DataFrame:
    """Columns of cells of any type as a frame; of columns with the same name the first."""
    first: dict[str, pl.Series] = {}
    lists = [list(column) for column in cells] or [[] for _ in columns]
    for name, column in zip(columns, lists, strict=True):
        first.setdefault(name, cells_of(name, column))
    return pl.DataFrame(first)


def cells_of(name: str, values: Sequence[Any]) -> pl.Series:
    """Values as they came; as text where numbers and text are mixed, so that none is lost."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 or kinds <= {int, float}:
        return pl.Series(name, values, strict=False)
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
