"""Reads sold stones from a table or a query of a SQL database."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

import polars as pl
import sqlalchemy as sa

from diamonds.dataset.errors import DataError
from diamonds.dataset.formats.options import Options, chosen
from diamonds.dataset.table import SAMPLE_ROWS, Batch, Table, cells_of

Query = sa.Select[tuple[object, ...]]

_FETCHED_ROWS = 100_000


def sql_table(source: str) -> Table:
    """The table or query after the ``#`` of a SQLAlchemy URL, as in ``postgresql://host/db#sold_stones``.

    Raises ``DataError`` when the database cannot be reached or rejects the query.
    """
    url, _, text = source.partition("#")
    place = without_password(source)
    if not text:
        raise DataError(f"Got {place}; expected #TABLE or #SELECT ... after a database's URL.")
    with _as_data_error(place):
        return _table(sa.create_engine(_with_driver(url), poolclass=sa.NullPool), _query(text), place)


def _with_driver(url: str) -> str:
    """The URL of a Postgres as people write it, with the driver that is installed."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg2{separator}{rest}" if scheme in ("postgres", "postgresql") else url


def database_file_table(path: Path, place: str, options: Options) -> Table:
    """The table or view of a SQLite file that has stones, or the one named ``options.part``."""
    url = sa.URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
    with _as_data_error(place):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        inspector = sa.inspect(engine)
        names = [*inspector.get_table_names(), *inspector.get_view_names()]
        tables = {name: _table(engine, _all_of(name), f"{place}#{name}") for name in names}
    if not tables:
        raise DataError(f"{place} is a SQLite database without tables.")
    return chosen(tables, place, "table", options)


def _table(engine: sa.Engine, query: Query, place: str) -> Table:
    with engine.connect() as connection:
        columns = tuple(connection.execute(query.limit(0)).keys())
    return Table(
        place,
        columns,
        partial(_batches, engine, query, place),
        partial(_sample, engine, query, place, columns),
    )


def without_password(source: str) -> str:
    """The source as messages and reports may show it: the password of its URL is masked."""
    url, _, text = source.partition("#")
    try:
        masked = sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        masked = url.partition(":")[0] + ":..."
    return f"{masked}#{text}" if text else masked


def _query(text: str) -> Query:
    """A query of all columns; ``text`` is the name of a table or a query."""
    if len(text.split()) == 1:
        schema, _, name = text.strip().rpartition(".")
        return _all_of(name, schema or None)
    bare = text.strip().rstrip(";").replace(":", r"\:")  # a colon begins no parameter here
    return sa.select(sa.text("*")).select_from(sa.text(f"({bare}) AS stones"))


def _all_of(name: str, schema: str | None = None) -> Query:
    quoted = sa.sql.quoted_name(name, quote=True)
    return sa.select(sa.text("*")).select_from(sa.table(quoted, schema=schema))


def _sample(engine: sa.Engine, query: Query, place: str, columns: Sequence[str]) -> pl.DataFrame:
    names = list(dict.fromkeys(columns))
    batches = _batches(engine, query.limit(SAMPLE_ROWS), place, names)
    return next((batch.rows for batch in batches), pl.DataFrame(schema=dict.fromkeys(names, pl.String)))


def _batches(engine: sa.Engine, query: Query, place: str, names: Sequence[str]) -> Iterator[Batch]:
    with _as_data_error(place), engine.connect().execution_options(stream_results=True) as connection:
        rows = connection.execute(query)
        positions = {name: list(rows.keys()).index(name) for name in names}
        for part in rows.partitions(_FETCHED_ROWS):
            yield Batch(_frame(part, positions))


@contextmanager
def _as_data_error(place: str) -> Iterator[None]:
    try:
        yield
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise DataError(f"Could not read {place}: {_message(error)}") from error


def _frame(rows: Sequence[sa.Row[tuple[object, ...]]], positions: Mapping[str, int]) -> pl.DataFrame:
    # A column of SQLite may hold numbers in one row and text in another.
    return pl.DataFrame(
        [cells_of(name, [row[position] for row in rows]) for name, position in positions.items()]
    )


def _message(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip()
