"""A fresh champion that prices worse than the one before is rolled back by itself."""

from datetime import timedelta

import pandas as pd
import pytest

from diamonds.dataset import Dataset
from diamonds.monitoring.contest import former
from diamonds.monitoring.loop import ROLLBACK, monitor
from diamonds.monitoring.market import Market
from diamonds.monitoring.simulation import write_day, write_sales
from diamonds.pricing.pricer import load_pricer
from diamonds.versions import store
from diamonds.versions.version import Version


@pytest.mark.usefixtures("empty_database", "own_model_store")
def test_a_worse_version_that_was_forced_through_is_rolled_back_by_what_was_sold_since(
    linear: Version, xgboost: Version, real_dataset: Dataset
) -> None:
    worse, better = sorted((linear, xgboost), key=lambda version: version.mae_usd, reverse=True)
    store.promote(better.tag, "the tests' champion")
    champion = store.promote(worse.tag, "forced through")
    start = champion.created_at + timedelta(minutes=1)
    market = Market(real_dataset.hold_out, start, calls_a_day=300)
    nothing_sold = monitor(start)
    assert nothing_sold["probation"]["sales"] == 0
    sales = pd.concat([write_day(market, day, load_pricer(champion)) for day in market.days(10)])
    write_sales(sales)
    now = start + timedelta(days=16)

    report = monitor(now)

    assert report["step"]["kind"] == ROLLBACK
    assert report["probation"]["evidence"] > 100
    assert report["probation"]["mape"] > report["probation"]["former_mape"]
    present = store.champion()
    assert present is not None
    assert present.source_tag == better.tag
    assert f"champion again, after {worse.tag}: on " in present.labels["reason"]
    assert "the evidence is" in present.labels["reason"]
    assert former(present) is None, "It has proved itself, and is not on probation again."
