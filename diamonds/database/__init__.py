"""The Postgres database: its URL, connections, migrations, and the embedded server."""

from sqlalchemy.exc import OperationalError as DatabaseUnavailable

from diamonds.database.copying import copy_in
from diamonds.database.engine import database_url, engine, release, running, with_driver
from diamonds.database.migrate import migrate, newest_revision

__all__ = [
    "DatabaseUnavailable",
    "copy_in",
    "database_url",
    "engine",
    "migrate",
    "newest_revision",
    "release",
    "running",
    "with_driver",
]
