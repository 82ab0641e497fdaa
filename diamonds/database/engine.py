"""Where the database is, and one pool of connections to it for each process."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect

from diamonds.database import embedded
from diamonds.settings import settings

DRIVER = "psycopg2"

# A server that went away without a word is noticed within seconds, not after the kernel's quarter of an hour.
PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def database_url() -> str:
    """The SQLAlchemy URL of the database; starts the embedded Postgres when no other is configured."""
    given = settings().database_url
    if given is None:
        return embedded.start(settings().home / "postgres", DRIVER)
    return with_driver(given)


@cache
def engine() -> sa.Engine:
    """This process's engine. When the embedded Postgres has died, connecting starts it again."""
    made = sa.create_engine(
        database_url(),
        pool_size=4,
        max_overflow=8,
        pool_pre_ping=True,
        hide_parameters=True,  # they hold bodies, which no log should
        connect_args=PATIENCE,
    )
    if settings().database_url is None:
        event.listen(made, "do_connect", _connect_reviving)
    return made


@contextmanager
def running() -> Iterator[None]:
    """Keeps the embedded Postgres up while open, and stops it after the last of all processes that use it."""
    database_url()
    try:
        yield
    finally:
        release()


def release() -> None:
    """Lets go of the database, and stops the embedded Postgres when no other process uses it.

    For processes that end by a signal; others do it by themselves when they exit.
    """
    if engine.cache_info().currsize > 0:
        engine().dispose()
    if settings().database_url is None:
        embedded.release(settings().home / "postgres")


def with_driver(url: str) -> str:
    """A Postgres URL in any usual spelling as SQLAlchemy's for our driver."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgres", "postgresql"):
        raise ValueError(
            f"Got DIAMONDS_DATABASE_URL with the scheme {scheme!r}; "
            "expected a Postgres, such as postgresql://user:password@host:5432/diamonds."
        )
    return f"postgresql+{DRIVER}://{rest}"


def _connect_reviving(
    dialect: Dialect,
    _record: Any,
    arguments: tuple[Any, ...],
    options: dict[str, Any],
) -> DBAPIConnection:
    try:
        return dialect.connect(*arguments, **options)
    except dialect.loaded_dbapi.OperationalError:
        database_url()
        return dialect.connect(*arguments, **options)
