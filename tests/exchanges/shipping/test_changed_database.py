"""A database that comes back different: read-only, with other roles, empty, or with a newer schema."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from diamonds.database import engine, migrate, newest_revision
from diamonds.database.migrate import _warn_once
from diamonds.exchanges import Filter, page
from diamonds.exchanges.journal.writer import Journal
from diamonds.exchanges.shipping.problems import DatabaseProblem
from diamonds.exchanges.shipping.shipper import Shipper
from tests.exchanges.conversations import append_exchanges, make_journal
from tests.processes import free_port, wait_until

pytestmark = pytest.mark.usefixtures("empty_database")


class Shipping:
    """A shipper at work, and what it reported."""

    def __init__(self, folder: Path) -> None:
        self.problems: list[str | None] = []
        self.journal: Journal = make_journal(folder)
        self.journal.lock()
        self.shipper = Shipper(self.journal.folder, self.problems.append)
        self.shipper.start()

    def arrives(self) -> None:
        """An exchange of now is shipped, through the connections that there are."""
        (one,) = append_exchanges(self.journal, 1)
        wait_until(lambda: one.id in arrived())

    def reports(self, *parts: str) -> None:
        append_exchanges(self.journal, 1)
        wait_until(
            lambda: all(part in str(self.problems[-1:]) for part in parts), details=lambda: str(self.problems)
        )


@pytest.fixture
def shipping(tmp_path: Path) -> Iterator[Shipping]:
    shipping = Shipping(tmp_path)
    shipping.arrives()
    yield shipping
    shipping.shipper.stop(20)
    shipping.journal.close()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def admin(empty_database: None) -> Iterator[sa.Engine]:
    """Connections that the settings of roles do not concern."""
    options = "-c role=none -c default_transaction_read_only=off -c search_path=public"
    made = sa.create_engine(
        engine().url, isolation_level="AUTOCOMMIT", connect_args={"options": options}, poolclass=sa.NullPool
    )
    yield made
    made.dispose()


def sql(on: sa.Engine, *statements: str) -> None:
    with on.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def arrived() -> set[str]:
    try:
        return {str(one.id) for one in page(Filter(), limit=1000).exchanges}
    except sa.exc.DBAPIError:
        return set()


@pytest.mark.parametrize(
    ("setting", "value", "report"),
    [
        (
            "default_transaction_read_only",
            "on",
            "is read-only: cannot execute INSERT in a read-only transaction (25006)",
        ),
        ("role", "nobody", "refuses every exchange: permission denied for"),
        ("search_path", "nowhere", "refuses every exchange: "),
    ],
)
def test_connections_from_before_a_mend_are_replaced(
    shipping: Shipping, admin: sa.Engine, setting: str, value: str, report: str
) -> None:
    sql(admin, "DROP ROLE IF EXISTS nobody", "CREATE ROLE nobody")
    sql(admin, f"ALTER ROLE CURRENT_USER SET {setting} = {value}")
    try:
        engine().dispose()  # as if the server had been started again
        shipping.reports(report)
    finally:
        sql(admin, f"ALTER ROLE CURRENT_USER RESET {setting}")
    shipping.arrives()
    assert shipping.problems[-1] is None


def test_a_server_that_is_read_only_for_a_time_is_recorded_to_afterwards(
    shipping: Shipping, admin: sa.Engine
) -> None:
    sql(admin, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    try:
        shipping.reports("read-only transaction (25006)")
    finally:
        sql(admin, "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
    shipping.arrives()


def test_a_long_read_that_keeps_a_partition_from_being_created_holds_up_nothing(
    tmp_path: Path, admin: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    sql(admin, f"DROP TABLE exchanges_{datetime.now(UTC):%Y_%m}")
    with admin.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.exec_driver_sql("SELECT count(*) FROM exchanges")
        shipping = Shipping(tmp_path)
        shipping.arrives()
        reader.exec_driver_sql("ROLLBACK")
    shipping.shipper.stop(20)
    shipping.journal.close()
    assert shipping.problems == []
    assert "The default partition takes what has no other: canceling statement due to lock" in caplog.text


@pytest.fixture
def recording_only(admin: sa.Engine) -> Iterator[None]:
    """The role may use the tables that there are, but create none, nor see how they were migrated."""
    sql(admin, "DROP ROLE IF EXISTS recording_only", "CREATE ROLE recording_only")
    sql(
        admin,
        "GRANT USAGE ON SCHEMA public TO recording_only",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON exchanges, forgotten_exchanges, feedback, dead_letters "
        "TO recording_only",
        f"DROP TABLE exchanges_{datetime.now(UTC):%Y_%m}",
        "ALTER ROLE CURRENT_USER SET role = recording_only",
    )
    engine().dispose()
    _warn_once.cache_clear()  # a role of an earlier test may have met the same
    yield
    sql(admin, "ALTER ROLE CURRENT_USER RESET role", "DROP OWNED BY recording_only")
    engine().dispose()


@pytest.mark.usefixtures("recording_only")
def test_a_role_that_may_create_no_tables_records_into_those_that_there_are(
    tmp_path: Path, admin: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    shipping = Shipping(tmp_path)
    shipping.arrives()
    shipping.shipper.stop(20)
    shipping.journal.close()
    assert shipping.problems == []
    assert "permission denied for table diamonds_schema_version" in caplog.text
    assert "The default partition takes what has no other: permission denied for schema public" in caplog.text
    with admin.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM exchanges_default").scalar_one() == 1


def test_an_empty_database_gets_its_tables(shipping: Shipping, admin: sa.Engine) -> None:
    sql(admin, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    shipping.arrives()


def test_a_lock_on_the_table_is_reported_and_waited_for(shipping: Shipping, admin: sa.Engine) -> None:
    with admin.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("LOCK TABLE exchanges")
        shipping.reports("the database is busy", "lock timeout (55P03)")
        connection.exec_driver_sql("ROLLBACK")
    shipping.arrives()


@pytest.fixture
def migrated_by_a_newer_version(admin: sa.Engine) -> Iterator[None]:
    sql(admin, "UPDATE diamonds_schema_version SET version_num = '9999'")
    yield
    sql(admin, f"UPDATE diamonds_schema_version SET version_num = '{newest_revision()}'")  # noqa: S608 - our own


@pytest.mark.usefixtures("migrated_by_a_newer_version")
def test_a_service_that_is_older_than_the_database_goes_on_with_the_columns_that_it_knows(
    tmp_path: Path, admin: sa.Engine
) -> None:
    assert migrate() == "9999"
    sql(admin, "ALTER TABLE exchanges ADD COLUMN IF NOT EXISTS newer text")
    shipping = Shipping(tmp_path)
    shipping.arrives()
    sql(admin, "ALTER TABLE exchanges DROP COLUMN newer")
    shipping.shipper.stop(20)
    shipping.journal.close()
    assert shipping.problems == []


@pytest.mark.usefixtures("migrated_by_a_newer_version")
def test_a_service_that_is_older_than_the_database_says_which_migration_it_lacks(
    shipping: Shipping, admin: sa.Engine
) -> None:
    sql(admin, "ALTER TABLE exchanges RENAME COLUMN query TO target")
    try:
        shipping.reports(
            'column "query" of relation "exchanges" does not exist (42703)', "lacks migration 9999"
        )
    finally:
        sql(admin, "ALTER TABLE exchanges RENAME COLUMN target TO query")
    shipping.arrives()


@pytest.mark.parametrize("wrong", [{"database": "no_such_database"}, {"username": "nobody_at_all"}])
def test_a_login_that_is_refused_is_no_server_that_is_away(wrong: dict[str, str]) -> None:
    refused = sa.create_engine(engine().url.set(**wrong), poolclass=sa.NullPool)  # type: ignore[arg-type]
    with pytest.raises(sa.exc.OperationalError) as error:
        refused.connect()
    problem = DatabaseProblem.of(error.value)
    assert problem.state == "refusing"
    assert "check user, password and database" in str(problem)


def test_a_server_that_nobody_listens_for_is_away() -> None:
    gone = sa.create_engine(f"postgresql+psycopg2://127.0.0.1:{free_port()}/x", poolclass=sa.NullPool)
    with pytest.raises(sa.exc.OperationalError) as error:
        gone.connect()
    problem = DatabaseProblem.of(error.value)
    assert (problem.state, str(problem)) == ("away", "the database is away")
