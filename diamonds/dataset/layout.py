"""Detects the layout of a text file: its compression, encoding, separator and header."""

import codecs
import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

from diamonds.dataset.columns import ALIASES, normalised
from diamonds.dataset.errors import DataError

LONGEST_LINE = 8 << 20
"""Maximum length of a line, in bytes; a file without a line end within them is no table."""

_SEPARATORS = ",;\t|"
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_KNOWN_NAMES = {normalised(name) for names in ALIASES.values() for name in names}


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a text file: the rows follow after ``skipped_lines``, the last of which is the header."""

    path: Path
    place: str
    separator: str
    skipped_lines: int
    header: list[str]


def detect_layout(path: Path, place: str) -> Layout:
    """The layout of a text file, from its beginning; ``place`` is its name in error messages.

    Raises ``DataError`` when the file is binary, empty or no table.
    """
    lines_before, head = _head(path, place)
    separator = max(_SEPARATORS, key=lambda mark: _score(_fields(head[0], mark)))
    header = [name.strip() for name in _fields(head[0], separator)]
    if len(head) > 1 and len(_fields(head[1], separator)) == len(header) + 1:
        header.insert(0, "")  # R writes the row names in front without a name of their own
    return Layout(path, place, separator, lines_before + 1, header)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The content of a file, decompressed if it is gzipped, whatever its suffix."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not zipped:
            yield file
            return
        with gzip.open(file) as content:
            yield content  # type: ignore[misc]  # a GzipFile reads as any binary file does


def detect_encoding(pieces: Iterator[bytes], place: str) -> str:
    """The encoding of all the pieces; a character may be split between two of them."""
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


def _head(path: Path, place: str) -> tuple[int, list[str]]:
    """How many lines come before the header, and the header with the line after it."""
    with opened(path) as file:
        raw = file.read(LONGEST_LINE)
    encoding = detect_encoding(iter([raw]), place)
    text = codecs.getincrementaldecoder(encoding)().decode(raw)
    lines = io.StringIO(text, newline=None)
    for before, line in enumerate(lines):
        if line.strip() and not line.startswith("sep="):  # Excel writes the separator in such a line
            if len(raw) == LONGEST_LINE and not line.endswith("\n"):
                raise DataError(f"{place} has no line end in {LONGEST_LINE >> 20} MB: it is no table.")
            return before, [line.rstrip("\n"), *(following.rstrip("\n") for following in islice(lines, 1))]
    raise DataError(f"{place} is empty; a line with the names of the columns is needed.")


def _fields(line: str, separator: str) -> list[str]:
    return next(csv.reader([line[: csv.field_size_limit()]], delimiter=separator), [""])


def _score(fields: Sequence[str]) -> tuple[int, int]:
    return sum(normalised(name) in _KNOWN_NAMES for name in fields), len(fields)
