"""Parses a file of stones to be quoted: the stones, and the rows that are rejected with their reasons."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from dashboard.ui.upload_formats import is_workbook, read_workbook
from diamonds.dataset import DataError, Recognised, recognise_columns
from diamonds.dataset.cells import MISSING, decimal_mark, parse_numbers
from diamonds.dataset.read import batches_of, tables_of
from diamonds.diamond import DIMENSIONS, FEATURES, GRADES, MEASURES, Diamond
from diamonds.settings import settings

REQUIRED = ("carat", *GRADES)

Stone = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StonesFile:
    """The rows of a file as they are, its stones, and why other rows are rejected, by the index of the row.

    ``malformed`` are lines with another number of fields than the header.
    """

    rows: pl.DataFrame
    recognised: Recognised
    stones: dict[int, Stone] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    malformed: tuple[str, ...] = ()


def read_stones(name: str, content: bytes) -> StonesFile:
    """The stones of a file; raises ``DataError`` when it is no table or lacks a required column."""
    rows, malformed = (read_workbook(name, content), ()) if is_workbook(content) else _table(name, content)
    if rows.is_empty():
        raise DataError(f"{name} has a header and no rows beneath it.")
    recognised = recognise_columns(rows.columns, needed=REQUIRED, aliases=settings().column_aliases)
    file = StonesFile(rows, recognised, malformed=malformed)
    for index, (stone, unreadable) in enumerate(_parse_rows(rows, recognised)):
        reason = unreadable or _rejection_reason(stone)
        if reason:
            file.reasons[index] = reason
        else:
            file.stones[index] = stone
    return file


def _table(name: str, content: bytes) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The rows of a file that is no workbook, and its malformed lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name).name or "file")
        path.write_bytes(content)
        try:
            with tables_of(path) as tables:
                (table,) = tables
                batches = list(batches_of(table, list(dict.fromkeys(table.columns))))
        except DataError as error:
            raise DataError(str(error).replace(f"{folder}/", "")) from error
    malformed = tuple(line for batch in batches for line in batch.malformed)
    empty = pl.DataFrame(schema=list(table.columns))
    rows = [batch.rows for batch in batches]
    return pl.concat(rows, how="vertical_relaxed") if rows else empty, malformed


def _parse_rows(rows: pl.DataFrame, recognised: Recognised) -> Iterator[tuple[Stone, str]]:
    """Of each row, the measures and grades that are known, and which cell could not be read, if any."""
    cells = {ours: rows[name] for ours, name in recognised.names.items() if ours in FEATURES}
    mark = decimal_mark(pl.DataFrame([cells[ours].alias(ours) for ours in MEASURES if ours in cells]))
    columns: dict[str, Sequence[Any]] = {}
    unreadable: dict[int, str] = {}
    for ours, column in cells.items():
        if ours in GRADES:
            columns[ours] = column.cast(pl.String, strict=False).to_list()
            continue
        values, wrong = parse_numbers(column, mark)
        columns[ours] = values.to_list()
        for index in wrong.arg_true():
            unreadable[index] = f"Got {ours}={column[index]!r}; expected a number."
    for index, row in enumerate(zip(*columns.values(), strict=True)):
        stone = {ours: value for ours, value in zip(columns, row, strict=True) if _is_known(ours, value)}
        yield stone, unreadable.get(index, "")


def _is_known(column: str, value: object) -> bool:
    """Whether a cell has a value; a dimension of zero was not measured, as in the training data."""
    if isinstance(value, str):
        return value.strip().lower() not in MISSING
    return value is not None and not (column in DIMENSIONS and value == 0)


def _rejection_reason(stone: Stone) -> str:
    """Why the API would reject this stone, or nothing."""
    try:
        Diamond.model_validate(stone)
    except ValidationError as error:
        (first, *_) = error.errors(include_url=False)
        return _sentence(str(first["loc"][0]), first)
    return ""


def _sentence(name: str, details: Any) -> str:
    if details["type"] == "missing":
        return f"The {name} is missing."
    if details["type"] == "value_error":
        return str(details["ctx"]["error"])
    expected = str(details["msg"]).removeprefix("Input should be ")
    return f"Got {name}={details['input']!r}; expected a number {expected}."
