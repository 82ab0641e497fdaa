"""Detects the layout of a text file: its encoding, separator and header."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path

from diamonds.dataset.columns.names import is_known
from diamonds.dataset.errors import DataError
from diamonds.dataset.formats.compression import opened
from diamonds.dataset.formats.header import LOOKED_AT_ROWS, find_header

LONGEST_LINE = 8 << 20
"""Maximum length of a line, in bytes; a file without a line end within them is no table."""

_SEPARATORS = ",;\t|"
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a text file: the rows follow after ``skipped_lines``, the last of which is the header."""

    path: Path
    place: str
    encoding: str
    separator: str
    skipped_lines: int
    header: list[str]


def layout_of(
    path: Path, place: str, encoding: str, separator: str, lines: Sequence[str], columns: Sequence[str]
) -> Layout:
    """The layout of a text file that begins with ``lines``; ``columns`` are the names if it has no header.

    Raises ``DataError`` when it has none and no names are passed.
    """
    rows = [fields_of(line, separator) for line in lines]
    header = find_header(rows, place, columns)
    names = fitted_names(header.names, [row for row in rows[header.first_row :] if any(row)])
    return Layout(path, place, encoding, separator, header.first_row, names)


def best_separator(lines: Sequence[str], separators: str = _SEPARATORS) -> str:
    """The separator by which most names of columns are recognised, or else lines have equally many fields."""
    return max(separators, key=lambda mark: _score([fields_of(line, mark) for line in lines if line.strip()]))


def _score(rows: Sequence[Sequence[str]]) -> tuple[int, float, int]:
    width, lines = usual_width(rows)
    known = max((sum(map(is_known, row)) for row in rows), default=0)
    return known, round(lines / max(len(rows), 1), 1) if width > 1 else 0.0, width


def usual_width(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """The most frequent number of fields, and how many rows have it."""
    return Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)


def fields_of(line: str, separator: str) -> list[str]:
    """The fields of a line; only the beginning of one that is too long to be a line of a table."""
    return next(csv.reader([line[: csv.field_size_limit()]], delimiter=separator), [""])


def fitted_names(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The names with empty ones for the columns that only the rows have.

    R writes the names of rows in front of them, without a name of their own; other programs end each row with
    a separator.
    """
    width, _ = usual_width(rows)
    more = width - len(names)
    wider = [row for row in rows if len(row) == width]
    if more > 0 and not any(cell.strip() for row in wider for cell in row[len(names) :]):
        return [*names, *[""] * more]
    if more == 1:
        return ["", *names]
    last = max((position + 1 for position, name in enumerate(names) if name), default=0)
    return list(names[: max(width, last)]) if more < 0 and wider else list(names)


def first_lines(path: Path, place: str, encoding: str) -> list[str]:
    """The lines from which the layout is detected; raises ``DataError`` when a file has no lines."""
    with opened(path) as file:
        raw = file.read(LONGEST_LINE)
    text = codecs.getincrementaldecoder(encoding)().decode(raw)
    lines = list(islice(io.StringIO(text, newline=None), 2 * LOOKED_AT_ROWS))
    longest = max(lines, key=len, default="")
    if len(raw) == LONGEST_LINE and not longest.endswith("\n") and len(longest) * 2 > len(text):
        if sum(1 for line in lines if line.strip()) == 1:
            raise DataError(f"{place} has no line end in {LONGEST_LINE >> 20} MB: it is no table.")
        lines.remove(longest)
    # Excel writes the separator in a line of its own.
    return ["" if line.startswith("sep=") else line.rstrip("\n") for line in lines]


def detect_encoding(path: Path, place: str) -> str:
    """The encoding of a whole text file; raises ``DataError`` when it is binary."""
    with opened(path) as file:
        return encoding_of(iter(partial(file.read, LONGEST_LINE), b""), place)


def decoded(content: bytes, place: str) -> str:
    """The text of a file that was read as a whole."""
    return content.decode(encoding_of(iter([content]), place))


def encoding_of(pieces: Iterator[bytes], place: str) -> str:
    """The encoding of all the pieces of a text; a character may be split between two of them."""
    first = next(pieces, b"")
    for mark, name in _BOMS.items():
        if first.startswith(mark):
            return name
    if b"\0" in first:
        return _encoding_with_zeros(first, place)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in chain([first], pieces):
            decoder.decode(piece)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _encoding_with_zeros(first: bytes, place: str) -> str:
    start = first[:200]
    if not any(start[1::2]) and all(start[::2]):
        return "utf-16-le"
    raise DataError(f"{place} is binary, neither text nor another format that is read.")
