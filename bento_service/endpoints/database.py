"""Reads the database in threads of their own, so that a database that hangs holds up nothing else."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from diamonds.database import DatabaseUnavailable, migrate

T = TypeVar("T")

UNAVAILABLE = (*DatabaseUnavailable, ConnectionError)
"""Raised where the database cannot be reached, or the embedded Postgres does not start."""

_THREADS = ThreadPoolExecutor(4, thread_name_prefix="exchanges")


async def read_database(read: Callable[[], T]) -> T:
    """The result of ``read``, called in a thread that may wait for the database; raises ``UNAVAILABLE``."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _read_migrated, read)


def _read_migrated(read: Callable[[], T]) -> T:
    _ensure_tables()
    return read()


@cache
def _ensure_tables() -> None:
    """Migrates once: a new database may be read before anything is written to it."""
    migrate()
