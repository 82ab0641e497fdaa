"""Reads folders of partitioned tables: many files that are parts of one, and columns in the names of folders.

Spark, Hive, Athena, DuckDB, polars and Dask write ``year=2025/color=D/part-00000-7c2f.parquet``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import PurePosixPath
from urllib.parse import unquote

import polars as pl
import polars.selectors as cs

from diamonds.dataset.table import SAMPLE_ROWS, Batch, Table

_PARTITION = re.compile(r"([^=]+)=(.*)")
_NULL = "__HIVE_DEFAULT_PARTITION__"
_NUMBERS = re.compile(r"(?=[-_a-f]*\d)[-0-9a-f]{8,}|\d+")
"""What the names of parts differ in: numbers, and the ids that programs give to files."""
_IN_PARTS = (".parquet", ".pq", ".feather", ".arrow")


def groups_of(paths: Sequence[PurePosixPath]) -> list[list[PurePosixPath]]:
    """The paths below a folder in groups that may be parts of one table, in order; most are alone.

    Parts are Parquet or Arrow files that are named alike but for numbers, or lie in partitions of the same
    columns. Other formats say too little of how their cells are to be read.
    """
    ordered = sorted(paths, key=lambda path: (_kind(path), path))
    return sorted([list(group) for _, group in groupby(ordered, key=_kind)])


def _kind(path: PurePosixPath) -> str:
    if path.suffix.lower() not in _IN_PARTS:
        return str(path)
    matches = [_PARTITION.fullmatch(part) for part in path.parts[:-1]]
    folders = [
        f"{match[1]}=" if match else _NUMBERS.sub("#", part.lower())
        for match, part in zip(matches, path.parts, strict=False)
    ]
    name = "*" if any(matches) else _NUMBERS.sub("#", path.stem.lower())
    return "/".join([*folders, name + path.suffix.lower()])


def partition_of(path: PurePosixPath) -> dict[str, str | None]:
    """The columns in the names of a file's folders, as in ``year=2025``."""
    found = [match for part in path.parts[:-1] if (match := _PARTITION.fullmatch(part))]
    return {unquote(match[1]): None if match[2] == _NULL else unquote(match[2]) for match in found}


def with_partition(table: Table, values: Mapping[str, str | None]) -> Table:
    """The table with a column for each value that it does not have itself."""
    added = {name: value for name, value in values.items() if name not in table.columns}
    if not added:
        return table

    def batches(names: Sequence[str]) -> Iterator[Batch]:
        own = [name for name in names if name not in added] or list(table.columns[:1])
        for batch in table.batches(own):
            yield Batch(_with_columns(batch.rows, added).select(names), batch.malformed, batch.places)

    return Table(
        table.place,
        (*table.columns, *added),
        batches,
        lambda: _with_columns(table.sample(), added),
        table.notes,
    )


def _with_columns(rows: pl.DataFrame, values: Mapping[str, str | None]) -> pl.DataFrame:
    return rows.with_columns(pl.lit(value, pl.String).alias(name) for name, value in values.items())


Read = Callable[[Table, Sequence[str]], Iterator[Batch]]
"""Reads columns of a table; its errors name the file."""


def joined(tables: Sequence[Table], place: str, read: Read) -> Iterator[Table]:
    """The tables as one for each set of columns, which is interpreted by rows of all its parts.

    They are read one after the other. Tables whose columns are of types that have nothing in common stay
    apart.
    """
    ordered = sorted(tables, key=lambda table: sorted(table.columns))
    for _, group in groupby(ordered, key=lambda table: sorted(table.columns)):
        parts = list(group)
        try:
            yield parts[0] if len(parts) == 1 else _one_of(parts, f"{place} ({len(parts):,} files)", read)
        except pl.exceptions.PolarsError:  # also where a part is damaged, whose error then names it
            yield from parts


_AS_TEXT = (cs.categorical() | cs.enum()).cast(pl.String)
"""Each part has categories of its own."""


def _one_of(parts: Sequence[Table], place: str, read: Read) -> Table:
    columns = parts[0].columns
    rows = max(1, SAMPLE_ROWS // len(parts))
    firsts = [part.sample().head(rows).select(columns).with_columns(_AS_TEXT) for part in parts]
    sample = pl.concat(firsts, how="vertical_relaxed")

    def batches(names: Sequence[str]) -> Iterator[Batch]:
        types = {name: sample.schema[name] for name in names}
        for part in parts:
            for batch in read(part, names):
                yield Batch(batch.rows.cast(types), batch.malformed, batch.places)  # type: ignore[arg-type]

    return Table(
        place, columns, batches, lambda: sample, tuple(note for part in parts for note in part.notes)
    )
