"""Migrates the database to the schema of this version of the code."""

import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from diamonds.database.engine import engine
from diamonds.database.locks import Turn, alone

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

logger = logging.getLogger(__name__)

VERSION_TABLE = "diamonds_schema_version"  # Alembic's usual name is taken by Optuna in the same database
_INSUFFICIENT_PRIVILEGE = "42501"


class MigrationNotPermitted(RuntimeError):
    """The database's role lacks a right that a missing migration needs, or even to see which are missing."""


def migrate() -> str | None:
    """Applies the missing migrations as ``apply_migrations`` does, where the database's role may.

    Otherwise the database is left as it is: whoever has the rights may have migrated it before.
    """
    try:
        return apply_migrations()
    except MigrationNotPermitted as error:
        _warn_once(str(error))
        return None


def apply_migrations() -> str | None:
    """Applies the missing migrations in one transaction; concurrent processes wait for one another.

    A database that a newer version has migrated is left as it is; returns its revision then, else None.
    Raises ``MigrationNotPermitted`` with what Postgres says.
    """
    try:
        return None if _revision() == newest_revision() else _migrate()
    except sa.exc.ProgrammingError as error:
        if not _lacks_right(error):
            raise
        raise MigrationNotPermitted(str(error.orig).splitlines()[0]) from error


def _lacks_right(error: sa.exc.DBAPIError) -> bool:
    return getattr(error.orig, "pgcode", None) == _INSUFFICIENT_PRIVILEGE


def newest_revision() -> str:
    """The newest revision that this version of the code knows: file names begin with them."""
    files = Path(__file__).parent.joinpath("migrations", "versions").glob("[0-9]*_*.py")
    return max(file.name.partition("_")[0] for file in files)


def _revision() -> str | None:
    """The revision of the database, without Alembic, which takes its time and memory to be imported."""
    with engine().connect() as connection:
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return None
        return str(connection.scalar(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")))  # noqa: S608


@cache
def _warn_once(reason: str) -> None:
    logger.warning("The database's role may not migrate it, it is used as it is: %s", reason)


def _migrate() -> str | None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _config()
    with alone(Turn.MIGRATION) as connection:  # another process may build an index
        unknown = _unknown_revision(connection, ScriptDirectory.from_config(config))
        if unknown is None:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    return unknown


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "diamonds.database:migrations")
    return config


def _unknown_revision(connection: sa.Connection, script: "ScriptDirectory") -> str | None:
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    revision = context.get_current_revision()
    known = {each.revision for each in script.walk_revisions()}
    return None if revision is None or revision in known else revision
