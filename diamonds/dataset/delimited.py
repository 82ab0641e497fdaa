"""Reads delimited text files in batches, and collects the lines that do not fit their header."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO

import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from diamonds.dataset.errors import DataError
from diamonds.dataset.layout import LONGEST_LINE, Layout, detect_encoding, detect_layout, opened
from diamonds.dataset.table import Batch, Table


def delimited_table(path: Path, place: str) -> Table:
    """The table in a text file, which may be gzipped; ``place`` is its name in error messages.

    Reads only the beginning of the file; raises ``DataError`` when it is binary or no table.
    """
    layout = detect_layout(path, place)
    return Table(place, tuple(layout.header), partial(_batches, layout))


@dataclass(slots=True)
class _Malformed:
    """Collects lines with a different number of fields than the header."""

    lines: list[str] = field(default_factory=list)
    last: str = ""

    def __call__(self, row: arrow_csv.InvalidRow) -> str:
        self.lines.append(row.text)
        self.last = row.text
        return "skip"

    def drain(self) -> tuple[str, ...]:
        """The lines collected since the last call."""
        lines, self.lines = tuple(self.lines), []
        return lines


def _batches(layout: Layout, names: Sequence[str]) -> Iterator[Batch]:
    malformed = _Malformed()
    positions = {f"{layout.header.index(name)}": name for name in names}
    with opened(layout.path) as file:
        encoding = detect_encoding(iter(partial(file.read, LONGEST_LINE), b""), layout.place)
    with (
        _long_rows_as_data_error(layout.place),
        opened(layout.path) as file,
        _reader(file, layout, encoding, malformed, list(positions)) as reader,
    ):
        for chunk in reader:
            rows = pl.DataFrame(pl.from_arrow(chunk)).rename(positions)
            yield _checked(Batch(rows, malformed.drain()), layout.place)
    if rest := malformed.drain():
        yield _checked(Batch(pl.DataFrame(schema=dict.fromkeys(names, pl.String)), rest), layout.place)
    _reject_truncated(layout, malformed.last.encode(encoding.removesuffix("-sig")))


def _reader(
    file: IO[bytes], layout: Layout, encoding: str, malformed: _Malformed, positions: list[str]
) -> arrow_csv.CSVStreamingReader:
    columns = [str(position) for position in range(len(layout.header))]
    return arrow_csv.open_csv(
        file,
        read_options=arrow_csv.ReadOptions(
            block_size=LONGEST_LINE,
            skip_rows=layout.skipped_lines,
            column_names=columns,
            encoding=encoding.removesuffix("-sig"),  # Arrow skips the mark itself
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
