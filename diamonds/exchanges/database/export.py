"""Writes exchanges of a time range to a Parquet file, however many there are."""

from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from diamonds.database import engine
from diamonds.exchanges.database.filters import Filter
from diamonds.exchanges.database.tables import exchanges
from diamonds.exchanges.database.unreadable import readable_json, without_unreadable
from diamonds.exchanges.exchange import Exchange

ROWS_AT_ONCE = 5000
_COLUMNS = [exchanges.c[each.name] for each in fields(Exchange)]
_JSON_COLUMNS = ("request_headers", "request_body", "response_body")
_ARROW_TYPES: dict[type, pa.DataType] = {
    str: pa.string(),
    bytes: pa.binary(),
    int: pa.int64(),
    float: pa.float64(),
    datetime: pa.timestamp("us", tz="UTC"),
}


def export(filters: Filter, file: Path) -> int:
    """Writes the exchanges that match the filter, oldest first, and returns their number.

    JSON and ids are written as text. The file appears when it is complete.
    """
    unfinished = file.with_name(f".{file.name}.unfinished")
    written = without_unreadable(
        lambda readable_only: _write(replace(filters, readable_only=readable_only), unfinished)
    )
    unfinished.rename(file)
    return written


def _write(filters: Filter, file: Path) -> int:
    written = 0
    schema = pa.schema([(column.name, _arrow_type(column)) for column in _COLUMNS])
    with (
        engine().connect().execution_options(yield_per=ROWS_AT_ONCE) as connection,
        pq.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        for rows in connection.execute(_query(filters)).mappings().partitions():
            writer.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema))
            written += len(rows)
    return written


def _query(filters: Filter) -> sa.Select[Any]:
    columns = [_column(column, filters.readable_only) for column in _COLUMNS]
    return sa.select(*columns).where(*filters.conditions()).order_by(exchanges.c.started_at, exchanges.c.id)


def _column(column: sa.Column[Any], readable_only: bool) -> sa.ColumnElement[Any]:
    if not _as_text(column):
        return column
    value = readable_json(column) if readable_only and isinstance(column.type, JSONB) else column
    return sa.cast(value, sa.Text).label(column.name)


def _as_text(column: sa.Column[Any]) -> bool:
    return column.name == "id" or column.name in _JSON_COLUMNS


def _arrow_type(column: sa.Column[Any]) -> pa.DataType:
    return pa.string() if _as_text(column) else _ARROW_TYPES[column.type.python_type]
