"""Reads sold stones from a table or a query of a SQL database."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import polars as pl
import sqlalchemy as sa

from diamonds.dataset.errors import DataError
from diamonds.dataset.table import Batch, Table

_FETCHED_ROWS = 100_000


def sql_table(source: str) -> Table:
    """The table or query after the ``#`` of a SQLAlchemy URL, as in ``postgresql://host/db#sold_stones``.

    Raises ``DataError`` when the database cannot be reached or does not understand.
    """
    address, _, wanted = source.partition("#")
    if not wanted:
        raise DataError(f"Got {place_of(source)}; expected #TABLE or #SELECT ... after a database's URL.")
    place = place_of(source)
    try:
        engine = sa.create_engine(address, poolclass=sa.NullPool)
        query = _query(wanted)
        with engine.connect() as connection:
            columns = tuple(connection.execute(query.limit(0)).keys())
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise DataError(f"Could not read {place}: {_told(error)}") from error
    return Table(place, columns, partial(_batches, engine, query, place))


def place_of(source: str) -> str:
    """The source without its password."""
    address, _, wanted = source.partition("#")
    try:
        shown = sa.make_url(address).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        shown = address.partition(":")[0] + ":..."
    return f"{shown}#{wanted}" if wanted else shown


def _query(wanted: str) -> sa.Select[tuple[object, ...]]:
    if len(wanted.split()) == 1:
        schema, _, name = wanted.strip().rpartition(".")
        quoted = sa.sql.quoted_name(name, quote=True)
        return sa.select(sa.text("*")).select_from(sa.table(quoted, schema=schema or None))
    bare = wanted.strip().rstrip(";").replace(":", r"\:")  # a colon begins no parameter here
    return sa.select(sa.text("*")).select_from(sa.text(f"({bare}) AS stones"))


def _batches(
    engine: sa.Engine, query: sa.Select[tuple[object, ...]], place: str, names: Sequence[str]
) -> Iterator[Batch]:
    try:
        with engine.connect().execution_options(stream_results=True) as connection:
            rows = connection.execute(query)
            positions = {name: list(rows.keys()).index(name) for name in names}
            for part in rows.partitions(_FETCHED_ROWS):
                yield Batch(_frame(part, positions))
    except sa.exc.SQLAlchemyError as error:
        raise DataError(f"Could not read {place}: {_told(error)}") from error


def _frame(rows: Sequence[sa.Row[tuple[object, ...]]], positions: Mapping[str, int]) -> pl.DataFrame:
    # A column of SQLite may hold numbers in one row and text in another.
    return pl.DataFrame(
        {
            name: pl.Series([row[position] for row in rows], strict=False)
            for name, position in positions.items()
        }
    )


def _told(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip()
