"""The flow, run against a real Prefect server and the embedded Postgres."""

from datetime import UTC, datetime

import pytest

from diamonds.database import engine, migrate
from diamonds.exchanges import create_partitions
from flows.months import months

pytestmark = pytest.mark.usefixtures("prefect_server")

LONG_AGO = datetime(2001, 5, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def partitions_of_2001() -> None:
    migrate()
    create_partitions(LONG_AGO)


def test_a_run_makes_what_the_next_months_miss_and_keeps_everything_by_default() -> None:
    this_month = f"exchanges_{datetime.now(UTC):%Y_%m}"
    with engine().begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {this_month}")
    state = months(return_state=True)
    assert state.is_completed()
    assert f"Made {this_month}" in str(state.message)
    assert "dropped none" in str(state.message)
    assert {this_month, "exchanges_2001_05"} <= partitions()


def test_a_run_drops_the_months_that_are_kept_no_longer() -> None:
    state = months(keep=1, return_state=True)
    assert "dropped exchanges_2001_05, exchanges_2001_06, exchanges_2001_07" in str(state.message)
    assert f"exchanges_{datetime.now(UTC):%Y_%m}" in partitions()
    assert not any(name.startswith("exchanges_2001") for name in partitions())


def partitions() -> set[str]:
    with engine().connect() as connection:
        query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'exchanges'::regclass"
        return set(connection.exec_driver_sql(query).scalars())
