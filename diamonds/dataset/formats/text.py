"""Reads text as a table: delimited, delimited in quotes, or in columns of a fixed width."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from diamonds.dataset.columns.names import is_known
from diamonds.dataset.errors import DataError
from diamonds.dataset.formats.compression import opened
from diamonds.dataset.formats.delimited import delimited_table
from diamonds.dataset.formats.fixed_width import fixed_width_rows
from diamonds.dataset.formats.header import find_header
from diamonds.dataset.formats.layout import (
    best_separator,
    decoded,
    detect_encoding,
    fields_of,
    first_lines,
    fitted_names,
    layout_of,
    usual_width,
)
from diamonds.dataset.formats.options import Options
from diamonds.dataset.table import Batch, Table, frame_of_cells

MOST_BYTES = 1 << 30
"""Maximum size of text that is not delimited: it is read as a whole."""
_FEWEST_FIELDS = 3
_FEWEST_KNOWN = 2

QUOTED_LINES = "Each line was in quotes, as a CSV that was saved inside another; the quotes were removed."
FIXED_WIDTH = "The columns were told apart by the spaces between them."


def text_table(path: Path, place: str, options: Options) -> Table:
    """The table in a text file; raises ``DataError`` when it is binary or no table."""
    encoding = detect_encoding(path, place)
    lines = first_lines(path, place, encoding)
    filled = [line for line in lines if line.strip()]
    separator = best_separator(filled)
    if not filled or _has_header([fields_of(line, separator) for line in filled]):
        return delimited_table(layout_of(path, place, encoding, separator, lines, options.columns))
    if _is_quoted(filled):
        unquoted = [row[0] if row else "" for row in csv.reader(io.StringIO(_text(path, place)))]
        return _rows_table(_split(unquoted), place, options, QUOTED_LINES)
    if _is_split_by_single_spaces(filled):
        rows = list(csv.reader(map(str.strip, _lines(path, place)), delimiter=" "))
        return _rows_table(rows, place, options)
    if _has_header(fixed_width_rows(filled)):
        return _rows_table(fixed_width_rows(_lines(path, place)), place, options, FIXED_WIDTH)
    return delimited_table(layout_of(path, place, encoding, separator, lines, options.columns))


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    return max((sum(map(is_known, row)) for row in rows), default=0) >= _FEWEST_KNOWN


def _lines(path: Path, place: str) -> list[str]:
    return _text(path, place).splitlines()


def _width(lines: Sequence[str], separator: str) -> int:
    return usual_width([fields_of(line, separator) for line in lines])[0]


def _is_quoted(lines: Sequence[str]) -> bool:
    inner = [fields_of(line, ",") for line in lines]
    alone = [row[0] for row in inner if row and not any(row[1:])]
    return len(alone) == len(lines) and _width(alone, best_separator(alone)) >= _FEWEST_FIELDS


def _split(lines: Sequence[str]) -> list[list[str]]:
    separator = best_separator([line for line in lines[:100] if line.strip()])
    return list(csv.reader(lines, delimiter=separator))


def _is_split_by_single_spaces(lines: Sequence[str]) -> bool:
    """Whether these are lines as R's ``write.table`` has them: not aligned, and all of the same length."""
    rows = [fields_of(line.strip(), " ") for line in lines]
    aligned = any("" in row for row in rows)
    return _has_header(rows) and not aligned and usual_width(rows[1:])[1] == len(rows) - 1


def _text(path: Path, place: str) -> str:
    with opened(path) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DataError(
            f"{place} is text of more than {MOST_BYTES >> 20:,} MB that is not delimited; save it as CSV."
        )
    return decoded(content, place)


def _rows_table(rows: list[list[str]], place: str, options: Options, *notes: str) -> Table:
    header = find_header(rows, place, options.columns)
    data = [row for row in rows[header.first_row :] if any(cell.strip() for cell in row)]
    names = fitted_names(header.names, data)
    fitting = [row for row in data if len(row) == len(names)]
    malformed = {place: " ".join(row) for place, row in enumerate(data) if len(row) != len(names)}
    frame = frame_of_cells(names, zip(*fitting, strict=True))

    def batches(wanted: Sequence[str]) -> Iterator[Batch]:
        yield Batch(frame.select(wanted), tuple(malformed.values()), tuple(malformed))

    return Table(place, tuple(names), batches, lambda: frame, notes)
