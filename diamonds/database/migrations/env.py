"""Runs migrations on the connection that ``diamonds.database.migrate`` passes."""

from alembic import context

# Not Alembic's default table of versions: Optuna has its own under that name in the same database.
context.configure(connection=context.config.attributes["connection"], version_table="diamonds_schema_version")
with context.begin_transaction():
    context.run_migrations()
