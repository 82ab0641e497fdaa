"""Reads JSON: lines of records, arrays, tables of columns, and records nested in envelopes."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from diamonds.dataset.errors import DataError
from diamonds.dataset.formats.arrow import scanned
from diamonds.dataset.formats.compression import opened
from diamonds.dataset.formats.header import find_header
from diamonds.dataset.formats.layout import LONGEST_LINE, decoded
from diamonds.dataset.formats.options import Options
from diamonds.dataset.formats.records import Record, flat, records_in
from diamonds.dataset.table import SAMPLE_ROWS, Batch, Table, cells_of, frame_table, rows_table

_ROWS_FOR_COLUMN_NAMES = 1000
MOST_BYTES = 1 << 30
"""Maximum size of JSON that is no lines of records: it is read as a whole."""


def json_table(path: Path, place: str, options: Options) -> Table:
    """The records of a JSON document, or of a file with one record a line; raises ``DataError``."""
    with opened(path) as file:
        start = file.read(LONGEST_LINE)
    lines = start.split(b"\n", 2)
    if len(lines) > 1 and lines[1].strip() and _is_flat_record(lines[0]):
        return _lines_table(path, place)
    return _document_table(path, place, options)


def _is_flat_record(line: bytes) -> bool:
    """Whether a line is a record of its own without records in it, so that polars can read the file."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return isinstance(record, dict) and not any(isinstance(value, dict | list) for value in record.values())


def _lines_table(path: Path, place: str) -> Table:
    names = pl.scan_ndjson(path, infer_schema_length=_ROWS_FOR_COLUMN_NAMES).collect_schema().names()
    # As text, since a column may hold numbers in one line and text in another.
    scan = pl.scan_ndjson(path, schema=dict.fromkeys(names, pl.String))
    return Table(place, tuple(names), partial(_batches, path), lambda: scan.head(SAMPLE_ROWS).collect())


def _batches(path: Path, names: Sequence[str]) -> Iterator[Batch]:
    return scanned(pl.scan_ndjson(path, schema=dict.fromkeys(names, pl.String)), names)


def _document_table(path: Path, place: str, options: Options) -> Table:
    with opened(path) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise DataError(
            f"{place} is JSON of more than {MOST_BYTES >> 20:,} MB; save it as JSON lines or Parquet."
        )
    found = records_in(_parsed(content, place), place)
    if isinstance(found[0], dict):
        return _records_table([flat(record) for record in found], place)
    texts = [["" if cell is None else str(cell) for cell in row] for row in found[:_ROWS_FOR_COLUMN_NAMES]]
    header = find_header(texts, place, options.columns)
    return rows_table(
        place, header.names, [_padded(row, len(header.names)) for row in found[header.first_row :]]
    )


def _padded(row: Sequence[Any], width: int) -> list[Any]:
    return [*row, *[None] * (width - len(row))][:width]


def _records_table(records: list[Record], place: str) -> Table:
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = [cells_of(name, [record.get(name) for record in records]) for name in names]
    return frame_table(place, names, pl.DataFrame(columns))


def _parsed(content: bytes, place: str) -> Any:
    text = decoded(content, place).strip().removeprefix("\ufeff")
    try:
        return _loaded(text)
    except ValueError as error:
        if "\n" not in text and len(content) > LONGEST_LINE:
            raise DataError(
                f"{place} has no line end in {LONGEST_LINE >> 20} MB: it is not JSON lines."
            ) from error
        return _parsed_lines(text, place, error)


def _parsed_lines(text: str, place: str, problem: ValueError) -> list[Any]:
    """The records of lines, or the reason why the document could not be parsed as one."""
    try:
        records = [_loaded(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        records = []
    if len(records) < 2:
        raise DataError(f"Could not read {place}: it is not valid JSON: {problem}.") from problem
    return records


def _loaded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)  # it reads the NaN that Python writes
