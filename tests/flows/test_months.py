"""The flow, run against a real Prefect server and the embedded Postgres."""

import os
from datetime import UTC, datetime

import pytest
from prefect.client.orchestration import SyncPrefectClient

from diamonds.database import engine, migrate
from diamonds.exchanges import create_partitions
from diamonds.training import uploads
from flows.months import months
from tests.flows.test_trainings import fresh_variables as fresh_variables

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


def test_a_run_deletes_the_uploads_that_no_training_needs_any_more(deployed: SyncPrefectClient) -> None:
    needed, unneeded, young = (uploads.store(f"{number}.csv", b"%d" % number) for number in range(3))
    for old in (needed, unneeded):
        os.utime(old, (0, 0))
    training = deployed.read_deployment_by_name("train/all")
    run = deployed.create_flow_run_from_deployment(training.id, parameters={"data": f"{needed}#Antwerp"})

    state = months(return_state=True)

    assert "1 uploads" in str(state.message)
    assert [each.exists() for each in (needed, unneeded, young)] == [True, False, True]
    deployed.delete_flow_run(run.id)
    for each in (needed, young):
        uploads.delete(each)


def partitions() -> set[str]:
    with engine().connect() as connection:
        query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'exchanges'::regclass"
        return set(connection.exec_driver_sql(query).scalars())
