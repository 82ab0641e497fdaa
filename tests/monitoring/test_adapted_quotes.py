"""Intervals that are quoted follow recent sales, where a setting says so, and a quote says that they do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bento_service.endpoints.loaded_models import LoadedModels
from diamonds.dataset import Dataset
from diamonds.models.features import matrix_of
from diamonds.monitoring.loop import monitor
from diamonds.monitoring.market import Market, Shift
from diamonds.monitoring.simulation import write_day, write_sales
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.adapted_intervals import NARROWEST, WIDEST, adapt, adapted, history
from diamonds.versions.version import Version

DAYS = 8

pytestmark = pytest.mark.usefixtures("own_model_store")


@pytest.fixture
def adapts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DIAMONDS_ADAPT_INTERVALS", "true")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("empty_database", "adapts")
def test_after_a_rise_of_prices_quotes_have_wider_intervals_that_hold_what_is_promised(
    linear: Version, dataset: Dataset
) -> None:
    store.promote(linear.tag, "the tests' champion")
    served = LoadedModels()
    served.refresh()
    own = served.champion.pricer
    now = datetime.now(UTC).replace(microsecond=0)
    market = Market(dataset.stones(), now - timedelta(days=DAYS), Shift.SUDDEN, 0, calls_a_day=300)
    sales = pd.concat([write_day(market, day, own) for day in market.days(DAYS)])
    write_sales(sales[sales["sold_at"] < now])

    report = monitor(now)
    served.refresh()

    pricer, stones = served.champion.pricer, dataset.hold_out
    change = adapted(linear.tag)
    assert change is not None
    assert (change.factor, change.sales) == (pricer.interval_factor, report["intervals"]["sales"])
    assert 1.1 < pricer.interval_factor < WIDEST
    before, after = own.quotes(matrix_of(stones)), pricer.quotes(matrix_of(stones))
    assert (after.price, after.interval_factor) == (before.price, pricer.interval_factor)
    assert (np.array(after.low) < before.low).all()
    price = stones["price"].to_numpy() * 1.15
    held = [(np.array(each.low) <= price) & (price <= np.array(each.high)) for each in (before, after)]
    assert held[0].mean() < 0.87 < held[1].mean() < 0.97


def test_what_held_when_is_known_and_factors_are_bounded(tmp_path: Path) -> None:
    tag = f"diamonds-linear:{tmp_path.name.replace('_', '')}"
    assert adapted(tag) is None
    factors = [adapt(tag, factor, 100).factor for factor in (float("inf"), 0.1, 1.2, 1.204)]
    assert factors == [WIDEST, NARROWEST, 1.2, 1.2]
    assert [each.factor for each in history() if each.version == tag] == [1.2, NARROWEST, WIDEST]


@pytest.mark.usefixtures("empty_database")
def test_without_the_setting_intervals_are_the_version_s_own(linear: Version) -> None:
    store.promote(linear.tag, "the tests' champion")
    adapt(linear.tag, 2.0, 100)
    served = LoadedModels()
    served.refresh()
    assert served.champion.pricer.interval_factor == 1
    assert load_pricer(linear).interval_factor == 1
