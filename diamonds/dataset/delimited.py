"""Reads tables kept as text: separated by comma, semicolon, tab or bar, in the encodings people use."""

import codecs
import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO

import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from diamonds.dataset.columns import ALIASES, plain
from diamonds.dataset.errors import DataError
from diamonds.dataset.table import Batch, Table

LONGEST_LINE = 8 << 20
"""Bytes; what has no line end within them is no table of stones."""

_SEPARATORS = ",;\t|"
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_KNOWN_NAMES = {plain(name) for names in ALIASES.values() for name in names}


def delimited_table(path: Path, place: str) -> Table:
    """The table in a text file, which may be gzipped; ``place`` names it in errors.

    Raises ``DataError`` when the file is binary or no table. Only its beginning is read for that.
    """
    lines_before, head = _head(path, place)
    separator = max(_SEPARATORS, key=lambda mark: _score(_fields(head[0], mark)))
    header = [name.strip() for name in _fields(head[0], separator)]
    if len(head) > 1 and len(_fields(head[1], separator)) == len(header) + 1:
        header.insert(0, "")  # R writes the row names in front without a name of their own
    layout = _Layout(path, place, separator, lines_before + 1, header)
    return Table(place, tuple(header), partial(_batches, layout))


@dataclass(frozen=True, slots=True)
class _Layout:
    path: Path
    place: str
    separator: str
    skipped_lines: int
    header: list[str]


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, gunzipped if it is gzipped, whatever its name says."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not zipped:
            yield file
            return
        with gzip.open(file) as content:
            yield content  # type: ignore[misc]  # a GzipFile reads as any binary file does


def _head(path: Path, place: str) -> tuple[int, list[str]]:
    """How many lines come before the header, and the header with the line after it."""
    with opened(path) as file:
        raw = file.read(LONGEST_LINE)
    encoding = _encoding(iter([raw]), place)
    text = codecs.getincrementaldecoder(encoding)().decode(raw)
    lines = io.StringIO(text, newline=None)
    for before, line in enumerate(lines):
        if line.strip() and not line.startswith("sep="):  # so Excel announces its separator
            if len(raw) == LONGEST_LINE and not line.endswith("\n"):
                raise DataError(f"{place} has no line end in {LONGEST_LINE >> 20} MB: it is no table.")
            return before, [line.rstrip("\n"), *(following.rstrip("\n") for following in islice(lines, 1))]
    raise DataError(f"{place} is empty; a line with the names of the columns is needed.")


def _encoding(pieces: Iterator[bytes], place: str) -> str:
    """The encoding of all the pieces, which end anywhere."""
    first = next(pieces, b"")
    for mark, name in _BOMS.items():
        if first.startswith(mark):
            return name
    if b"\0" in first:
        raise DataError(f"{place} is binary, neither text nor Parquet.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in chain([first], pieces):
            decoder.decode(piece)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _fields(line: str, separator: str) -> list[str]:
    return next(csv.reader([line[: csv.field_size_limit()]], delimiter=separator), [""])


def _score(fields: Sequence[str]) -> tuple[int, int]:
    return sum(plain(name) in _KNOWN_NAMES for name in fields), len(fields)


@dataclass(slots=True)
class _Malformed:
    """Collects lines with another number of fields than the header."""

    lines: list[str] = field(default_factory=list)
    last: str = ""

    def __call__(self, row: arrow_csv.InvalidRow) -> str:
        self.lines.append(row.text)
        self.last = row.text
        return "skip"

    def taken(self) -> tuple[str, ...]:
        lines, self.lines = tuple(self.lines), []
        return lines


def _batches(layout: _Layout, names: Sequence[str]) -> Iterator[Batch]:
    malformed = _Malformed()
    positions = {f"{layout.header.index(name)}": name for name in names}
    with opened(layout.path) as file:
        encoding = _encoding(iter(partial(file.read, LONGEST_LINE), b""), layout.place)
    with (
        _telling_long_rows(layout.place),
        opened(layout.path) as file,
        _reader(file, layout, encoding, malformed, list(positions)) as reader,
    ):
        for chunk in reader:
            rows = pl.DataFrame(pl.from_arrow(chunk)).rename(positions)
            yield _checked(Batch(rows, malformed.taken()), layout.place)
    rest = malformed.taken()
    if rest:
        yield _checked(Batch(pl.DataFrame(schema=dict.fromkeys(names, pl.String)), rest), layout.place)
    _refuse_half_written(layout, malformed.last.encode(encoding.removesuffix("-sig")))


def _reader(
    file: IO[bytes], layout: _Layout, encoding: str, malformed: _Malformed, positions: list[str]
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
def _telling_long_rows(place: str) -> Iterator[None]:
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
    """Refuses rows that were swallowed by a quote: no number and no grade holds a line end."""
    cells = (text for column in batch.rows for text in column.filter(column.str.contains(r"[\r\n]")).head(1))
    for text in chain(batch.malformed, cells):
        if len(text.strip().splitlines()) > 1:
            raise DataError(f"{place} opens a quote that it never closes, at {text[:80]!r}.")
    return batch


def _refuse_half_written(layout: _Layout, ending: bytes) -> None:
    """A last line that has too few fields and lacks its line end was never finished."""
    with layout.path.open("rb") as file:
        file.seek(max(layout.path.stat().st_size - len(ending), 0))
        if ending and file.read() == ending:
            shown = ending[:80].decode("latin-1")
            raise DataError(f"{layout.place} is half written: it ends in the middle of the row {shown!r}.")
