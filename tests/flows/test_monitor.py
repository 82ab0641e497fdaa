"""The flow that monitors: its report is stored and shown, and its events start a training."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

from diamonds.dataset import Dataset
from diamonds.exchanges.database.reports import newest_reports
from diamonds.monitoring.market import Market, Shift
from diamonds.monitoring.simulation import write_day, write_sales
from diamonds.pricing.pricer import load_pricer
from diamonds.versions import store
from diamonds.versions.version import Version
from flows.monitor import monitor
from tests.flows.test_automations import runs_of
from tests.processes import wait_until

DAYS = 6


@pytest.mark.usefixtures("empty_database", "own_model_store")
def test_a_market_that_changed_has_the_flow_start_a_training(
    deployed: SyncPrefectClient, dataset: Dataset, linear: Version
) -> None:
    store.promote(linear.tag, "the tests' champion")
    stones = pd.concat([dataset.training, dataset.hold_out])
    now = datetime.now(UTC)
    market = Market(stones, now - timedelta(days=DAYS), Shift.NEW_STONES, 0, calls_a_day=150)
    write_sales(pd.concat([write_day(market, day, load_pricer(linear)) for day in market.days(DAYS)]))

    state = monitor(return_state=True)

    assert state.is_completed()
    (report,) = newest_reports(1)
    assert state.message == report["step"]["text"]
    assert "clarity" in {alarm["subject"] for alarm in report["alarms"]}
    shown = deployed.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=["monitor"])))
    assert report["step"]["text"] in str(shown[0].data)
    (run,) = wait_until(lambda: [each for each in runs_of(deployed, "train/all") if not each.auto_scheduled])
    deployed.delete_flow_run(run.id)
