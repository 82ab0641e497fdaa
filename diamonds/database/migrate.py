"""Migrates the database's schema to the revision that this version of the code expects."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from diamonds.database.engine import engine

_LOCK = 0x6469616D  # "diam": the advisory lock under which processes migrate one after another


def migrate() -> None:
    """Applies missing migrations in one transaction; processes that migrate at once wait for one another."""
    config = Config()
    config.set_main_option("script_location", "diamonds.database:migrations")
    with engine().begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
