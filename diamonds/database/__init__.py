"""The Postgres database: its URL, connections, migrations, and the embedded server."""

from sqlalchemy.exc import InternalError, OperationalError, ProgrammingError

from diamonds.database.copying import copy_in
from diamonds.database.engine import database_url, engine, release, running, with_driver
from diamonds.database.free_space import LEAST_FREE_BYTES, is_disk_full
from diamonds.database.locks import Turn, alone, take, wait_for
from diamonds.database.migrate import MigrationNotPermitted, apply_migrations, migrate, newest_revision

DatabaseUnavailable = (OperationalError, ProgrammingError, InternalError)
"""What is raised when there is no database, or one without our tables and rights, or a read-only one."""

__all__ = [
    "LEAST_FREE_BYTES",
    "DatabaseUnavailable",
    "MigrationNotPermitted",
    "Turn",
    "alone",
    "apply_migrations",
    "copy_in",
    "database_url",
    "engine",
    "is_disk_full",
    "migrate",
    "newest_revision",
    "release",
    "running",
    "take",
    "wait_for",
    "with_driver",
]
