"""``diamonds migrate``, run as whoever deploys runs it, on databases of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest
import sqlalchemy as sa

from diamonds.database import database_url, newest_revision


@pytest.fixture
def database() -> Iterator[sa.Engine]:
    """A database without tables."""
    name = f"migrate_{uuid4().hex}"
    admin = sa.create_engine(database_url(), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield sa.create_engine(
            admin.url.set(database=name), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
        )
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def migrate(database: sa.Engine, *options: str) -> "subprocess.CompletedProcess[str]":
    url = database.url.render_as_string(hide_password=False)
    environment = {**os.environ, "DIAMONDS_DATABASE_URL": url}
    command = [sys.executable, "-m", "diamonds", "migrate", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_it_creates_the_tables_and_leaves_those_of_a_newer_release(database: sa.Engine) -> None:
    created = migrate(database, "--json")
    assert json.loads(created.stdout) == {"revision": newest_revision(), "newer": False}, created.stderr
    with database.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM exchanges").scalar_one() == 0
        connection.exec_driver_sql("UPDATE diamonds_schema_version SET version_num = '9999'")
    left = migrate(database)
    assert left.stdout == "A newer release migrated the database to revision 9999; it is left as it is.\n"


def test_it_fails_where_the_role_may_not_create_tables(database: sa.Engine) -> None:
    with database.connect() as connection:
        role = f"role_{uuid4().hex}"
        connection.exec_driver_sql(f"CREATE ROLE {role}")
        connection.exec_driver_sql(
            f"ALTER ROLE CURRENT_USER IN DATABASE {database.url.database} SET role = {role}"
        )
        refused = migrate(database)
        connection.exec_driver_sql(f"DROP ROLE {role}")
    assert refused.returncode == 1
    assert "may not migrate the database: permission denied for schema public. Use" in refused.stderr
