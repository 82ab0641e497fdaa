"""Connects to the database: its URL, and one connection pool for each process."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect, ExceptionContext

from diamonds.database import embedded
from diamonds.settings import settings

DRIVER = "psycopg2"

# A server that stops responding is detected within seconds instead of the kernel's quarter of an hour.
TIMEOUTS = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

LOCK_TIMEOUT = "5s"  # who waits for another's lock reports that, and tries again

# Read-only, logins, missing rights, tables, columns and schemas, a server that stops: after a failover or
# a change of roles such errors may last as long as the connection, and not occur on a new one.
_STALE = ("25006", "28", "3D", "3F", "42501", "42P01", "42703", "57P")


def database_url() -> str:
    """The SQLAlchemy URL of the database; starts the embedded Postgres when no other is configured."""
    configured = settings().database_url
    if configured is None:
        return embedded.start(settings().home / "postgres", DRIVER)
    return with_driver(configured)


@cache
def engine() -> sa.Engine:
    """This process's engine; connecting restarts the embedded Postgres when it was killed."""
    created = sa.create_engine(
        database_url(),
        pool_size=4,
        max_overflow=8,
        pool_pre_ping=True,
        hide_parameters=True,  # they contain bodies, which do not belong in logs
        connect_args=TIMEOUTS,
    )
    event.listen(created, "connect", _set_up)
    event.listen(created, "handle_error", _drop_stale_connections)
    if settings().database_url is None:
        event.listen(created, "do_connect", _connect_or_restart)
    return created


def is_stale(sqlstate: str | None) -> bool:
    """Whether an error may be due to settings that a connection took over when it was opened."""
    return sqlstate is not None and sqlstate.startswith(_STALE)


@contextmanager
def running() -> Iterator[None]:
    """Runs the embedded Postgres within the context; it stops after the last process that uses it."""
    database_url()
    try:
        yield
    finally:
        release()


def release() -> None:
    """Closes all connections, and stops the embedded Postgres when no other process uses it.

    For processes that end by a signal; others do this when they exit.
    """
    if engine.cache_info().currsize > 0:
        engine().dispose()
    if settings().database_url is None:
        embedded.release(settings().home / "postgres")


def with_driver(url: str) -> str:
    """A Postgres URL with any or no driver as SQLAlchemy's URL with our driver.

    Raises ``ValueError`` when it is no URL of a Postgres.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgres", "postgresql"):
        got = f"the scheme {scheme!r}" if separator else "no scheme"  # else it may have a password in it
        raise ValueError(
            f"Got DIAMONDS_DATABASE_URL with {got}; "
            "expected a Postgres, such as postgresql://user:password@host:5432/diamonds."
        )
    return f"postgresql+{DRIVER}://{rest}"


def _set_up(connection: DBAPIConnection, _record: Any) -> None:
    """Limits waiting, and has times shown in UTC whatever the server's zone is."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'; SET timezone = 'UTC'")
    connection.commit()


def _drop_stale_connections(context: ExceptionContext) -> None:
    """Has the pool replace all its connections."""
    if is_stale(getattr(context.original_exception, "pgcode", None)):
        context.is_disconnect = True


def _connect_or_restart(
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
