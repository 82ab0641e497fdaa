"""Reads delimited text files in batches, and collects the lines that do not fit their header."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO

import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from diamonds.dataset.errors import DataError
from diamonds.dataset.formats.compression import is_compressed, opened
from diamonds.dataset.formats.layout import LONGEST_LINE, Layout, fields_of
from diamonds.dataset.table import SAMPLE_ROWS, Batch, Table

_LARGEST_IN_ORDER = 64 << 20
"""Maximum size, in bytes, of a file whose malformed lines are placed among its rows."""


def delimited_table(layout: Layout) -> Table:
    """The table in a text file, which may be compressed; raises ``DataError`` when it is damaged."""
    return Table(layout.place, tuple(layout.header), partial(_batches, layout), partial(_sample, layout))


def _sample(layout: Layout) -> pl.DataFrame:
    names = list(dict.fromkeys(layout.header))
    for batch in _read(layout, names, _Malformed(layout.header, layout.separator)):
        return batch.rows.head(SAMPLE_ROWS)
    return pl.DataFrame(schema=dict.fromkeys(names, pl.String))


@dataclass(slots=True)
class _Malformed:
    """Collects lines with a different number of fields than the header; mends them where nothing is in these.

    Each comes with its number in the file, which Arrow counts where it reads lines one after the other.
    """

    header: Sequence[str]
    separator: str
    lines: list[tuple[str, int | None]] = field(default_factory=list)
    mended: list[tuple[list[str], int | None]] = field(default_factory=list)
    last: str = ""

    def __call__(self, row: arrow_csv.InvalidRow) -> str:
        fields = fields_of(row.text, self.separator)
        width = len(self.header)
        if not any(map(str.strip, [*fields[width:], *self.header[len(fields) :]])):
            self.mended.append(([*fields, *self.header[len(fields) :]][:width], row.number))
            return "skip"
        self.lines.append((row.text, row.number))
        self.last = row.text
        return "skip"

    def drain(self) -> tuple[str, ...]:
        """The lines collected since the last call."""
        lines, self.lines = self.lines, []
        return tuple(text for text, _ in lines)

    def drain_mended(self, names: Mapping[str, str]) -> pl.DataFrame:
        """The lines since the last call that fit the header but for empty fields or names.

        ``names`` has the names of columns by their positions.
        """
        mended, self.mended = self.mended, []
        cells = [tuple(row[int(position)] or None for position in names) for row, _ in mended]
        return pl.DataFrame(cells, schema=dict.fromkeys(names.values(), pl.String), orient="row")


def _batches(layout: Layout, names: Sequence[str]) -> Iterator[Batch]:
    malformed = _Malformed(layout.header, layout.separator)
    for batch in _read(layout, names, malformed):
        yield _checked(batch, layout.place)
    _reject_truncated(layout, malformed.last.encode(layout.encoding.removesuffix("-sig")))


def _read(layout: Layout, names: Sequence[str], malformed: _Malformed) -> Iterator[Batch]:
    """The rows in batches; those of a file that is not large in one, in the order of the file."""
    positions = {f"{layout.header.index(name)}": name for name in names}
    with (
        _long_rows_as_data_error(layout.place),
        opened(layout.path) as file,
        _reader(file, layout, malformed, list(positions)) as reader,
    ):
        chunks = (pl.DataFrame(pl.from_arrow(chunk)).rename(positions) for chunk in reader)
        if _is_read_in_order(layout.path):
            yield _in_order(list(chunks), positions, malformed, layout.skipped_lines + 1)
            return
        for rows in chunks:
            yield Batch(pl.concat([rows, malformed.drain_mended(positions)]), malformed.drain())
    if malformed.lines or malformed.mended:
        yield Batch(malformed.drain_mended(positions), malformed.drain())


def _is_read_in_order(path: Path) -> bool:
    """Whether the file is read as a whole; a compressed one may be much larger than it seems."""
    return path.stat().st_size <= _LARGEST_IN_ORDER and not is_compressed(path)


def _in_order(
    chunks: list[pl.DataFrame], names: Mapping[str, str], malformed: _Malformed, first: int
) -> Batch:
    """The rows as they stand in the file, whose first line with data is that of number ``first``."""
    places = [(number or 0) - first for _, number in malformed.lines]
    mended = [(number or 0) - first for _, number in malformed.mended]
    taken = {*places, *mended}
    rows = pl.concat([*chunks, malformed.drain_mended(names)])
    if mended:
        others = (place for place in range(len(rows) + len(places)) if place not in taken)
        order = pl.Series([*islice(others, len(rows) - len(mended)), *mended])
        rows = rows.select(pl.all().sort_by(order))
    return Batch(rows, malformed.drain(), tuple(places))


def _reader(
    file: IO[bytes], layout: Layout, malformed: _Malformed, positions: list[str]
) -> arrow_csv.CSVStreamingReader:
    columns = [str(position) for position in range(len(layout.header))]
    return arrow_csv.open_csv(
        file,
        read_options=arrow_csv.ReadOptions(
            block_size=LONGEST_LINE,
            use_threads=not _is_read_in_order(layout.path),
            skip_rows=layout.skipped_lines,
            column_names=columns,
            encoding=layout.encoding.removesuffix("-sig"),  # Arrow skips the mark itself
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.separator, newlines_in_values=True, invalid_row_handler=malformed
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            include_columns=positions,
            strings_can_be_null=True,
            null_values=[""],
        ),
    )


@contextmanager
def _long_rows_as_data_error(place: str) -> Iterator[None]:
    try:
        yield
    except pa.ArrowInvalid as error:
        if "straddling" not in str(error):
            raise
        longest = f"{LONGEST_LINE >> 20} MB"
        raise DataError(
            f"{place} has a row longer than {longest}, or a quote that is never closed."
        ) from error


def _checked(batch: Batch, place: str) -> Batch:
    """Rejects rows that run over several lines: a quote was opened and never closed."""
    cells = (text for column in batch.rows for text in column.filter(column.str.contains(r"[\r\n]")).head(1))
    for text in chain(batch.malformed, cells):
        if len(text.strip().splitlines()) > 1:
            raise DataError(f"{place} opens a quote that it never closes, at {text[:80]!r}.")
    return batch


def _reject_truncated(layout: Layout, ending: bytes) -> None:
    """Rejects a file whose last line has too few fields and no line end."""
    with layout.path.open("rb") as file:
        file.seek(max(layout.path.stat().st_size - len(ending), 0))
        if ending and file.read() == ending:
            row = ending[:80].decode("latin-1")
            raise DataError(f"{layout.place} is half written: it ends in the middle of the row {row!r}.")
