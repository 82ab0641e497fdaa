"""``diamonds migrate``: creates or updates the tables of the database."""

from diamonds.cli.errors import CommandError
from diamonds.cli.output import AsJson, print_result


def migrate(as_json: AsJson = False) -> None:
    """Create the tables of the database, or update them to this release; once for each release is enough."""
    from diamonds.database import MigrationNotPermitted, apply_migrations, newest_revision, running

    with running():
        try:
            newer = apply_migrations()
        except MigrationNotPermitted as error:
            message = f"The role of DIAMONDS_DATABASE_URL may not migrate the database: {error}."
            raise CommandError(f"{message} Use one that owns its tables.") from error
    revision = newer or newest_revision()
    sentence = f"The database is at revision {revision}."
    if newer:
        sentence = f"A newer release migrated the database to revision {newer}; it is left as it is."
    print_result(sentence, {"revision": revision, "newer": newer is not None}, as_json)
