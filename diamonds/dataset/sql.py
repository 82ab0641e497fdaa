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

    Raises ``DataError`` when the database cannot be reached or rejects the query.
    """
    url, _, text = source.partition("#")
    place = without_password(source)
    if not text:
        raise DataError(f"Got {place}; expected #TABLE or #SELECT ... after a database's URL.")
    try:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        query = _query(text)
        with engine.connect() as connection:
            columns = tuple(connection.execute(query.limit(0)).keys())
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise DataError(f"Could not read {place}: {_message(error)}") from error
    return Table(place, columns, partial(_batches, engine, query, place))


def without_password(source: str) -> str:
    """The source as messages and reports may show it: the password of its URL is masked."""
    url, _, text = source.partition("#")
    try:
        masked = sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        masked = url.partition(":")[0] + ":..."
    return f"{masked}#{text}" if text else masked


def _query(text: str) -> sa.Select[tuple[object, ...]]:
    """A query of all columns; ``text`` is the name of a table or a query."""
    if len(text.split()) == 1:
        schema, _, name = text.strip().rpartition(".")
        quoted = sa.sql.quoted_name(name, quote=True)
        return sa.select(sa.text("*")).select_from(sa.table(quoted, schema=schema or None))
    bare = text.strip().rstrip(";").replace(":", r"\:")  # a colon begins no parameter here
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
        raise DataError(f"Could not read {place}: {_message(error)}") from error


def _frame(rows: Sequence[sa.Row[tuple[object, ...]]], positions: Mapping[str, int]) -> pl.DataFrame:
    # A column of SQLite may hold numbers in one row and text in another.
    return pl.DataFrame(
        {
            name: pl.Series([row[position] for row in rows], strict=False)
            for name, position in positions.items()
        }
    )


def _message(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip()
