"""Migrates the database to the schema of this version of the code."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from diamonds.database.engine import engine

_MIGRATION_LOCK = 0x6469616D  # "diam": the advisory lock under which processes migrate one after another


def migrate() -> None:
    """Applies the missing migrations in one transaction; concurrent processes wait for one another."""
    config = Config()
    config.set_main_option("script_location", "diamonds.database:migrations")
    with engine().begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
