"""Runs migrations on the connection that ``diamonds.database.migrate`` passes."""

from alembic import context

from diamonds.database.migrate import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
