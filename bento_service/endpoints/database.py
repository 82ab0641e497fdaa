"""Reads the database in threads of their own, so that a database that hangs holds up nothing else."""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from bento_service.http.threads import DATABASE, run_in
from diamonds.database import DatabaseUnavailable, migrate

T = TypeVar("T")

UNAVAILABLE = (*DatabaseUnavailable, ConnectionError)
"""Raised where the database cannot be reached, or the embedded Postgres does not start."""


async def read_database(read: Callable[[], T]) -> T:
    """The result of ``read``, called in a thread that may wait for the database; raises ``UNAVAILABLE``."""
    return await run_in(DATABASE, _read_migrated, read)


def _read_migrated(read: Callable[[], T]) -> T:
    _ensure_tables()
    return read()


@cache
def _ensure_tables() -> None:
    """Migrates once: a new database may be read before anything is written to it."""
    migrate()
