"""Migrates the database to the schema of this version of the code."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from diamonds.database.engine import engine

VERSION_TABLE = "diamonds_schema_version"  # Alembic's usual name is taken by Optuna in the same database
_MIGRATION_LOCK = 0x6469616D  # "diam": the advisory lock under which processes migrate one after another


def migrate() -> str | None:
    """Applies the missing migrations in one transaction; concurrent processes wait for one another.

    A database that a newer version has migrated is left as it is; returns its revision then, else None.
    """
    config = _config()
    with engine().begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '1min'")  # another process may build an index
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        unknown = _unknown_revision(connection, ScriptDirectory.from_config(config))
        if unknown is None:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return unknown


def newest_revision() -> str:
    """The newest revision that this version of the code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "diamonds.database:migrations")
    return config


def _unknown_revision(connection: sa.Connection, script: ScriptDirectory) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    revision = context.get_current_revision()
    known = {each.revision for each in script.walk_revisions()}
    return None if revision is None or revision in known else revision
