"""Writes exchanges of a time range to a Parquet file, however many there are."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.database.filters import Filter
from diamonds.exchanges.database.tables import exchanges

ROWS_AT_ONCE = 5000
_JSON_COLUMNS = ("request_headers", "request_body", "response_body")
_TYPES: dict[type, pa.DataType] = {
    str: pa.string(),
    bytes: pa.binary(),
    int: pa.int64(),
    float: pa.float64(),
    datetime: pa.timestamp("us", tz="UTC"),
}


def export(wanted: Filter, file: Path) -> int:
    """Writes the exchanges that pass the filter, oldest first, and gives their number.

    JSON becomes text and ids become text. The file appears when it is whole.
    """
    unfinished, written = file.with_name(f".{file.name}.unfinished"), 0
    schema = pa.schema([(column.name, _type(column)) for column in exchanges.c])
    with (
        engine().connect().execution_options(yield_per=ROWS_AT_ONCE) as connection,
        pq.ParquetWriter(unfinished, schema, compression="zstd") as writer,
    ):
        for rows in connection.execute(_query(wanted)).mappings().partitions():
            writer.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema))
            written += len(rows)
    unfinished.rename(file)
    return written


def _query(wanted: Filter) -> sa.Select[Any]:
    columns = [
        sa.cast(column, sa.Text).label(column.name) if _is_text(column) else column for column in exchanges.c
    ]
    return sa.select(*columns).where(*wanted.conditions()).order_by(exchanges.c.started_at, exchanges.c.id)


def _is_text(column: sa.Column[Any]) -> bool:
    return column.name == "id" or column.name in _JSON_COLUMNS


def _type(column: sa.Column[Any]) -> pa.DataType:
    return pa.string() if _is_text(column) else _TYPES[column.type.python_type]
