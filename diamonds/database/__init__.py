"""Connects to Postgres, starts the embedded one, and migrates the schema."""

from sqlalchemy.exc import OperationalError as DatabaseAway

from diamonds.database.copying import copy_in
from diamonds.database.engine import database_url, engine, release, running, with_driver
from diamonds.database.migrate import migrate

__all__ = [
    "DatabaseAway",
    "copy_in",
    "database_url",
    "engine",
    "migrate",
    "release",
    "running",
    "with_driver",
]
