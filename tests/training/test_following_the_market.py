"""From alarm to new champion: a market that moves is followed at once, and what is no move moves nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from diamonds.models import spec_named
from diamonds.models.features import matrix_of
from diamonds.monitoring.loop import TRAIN, monitor
from diamonds.monitoring.market import Market, Shift
from diamonds.monitoring.simulation import write_day, write_sales
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import PROJECT, settings
from diamonds.training.steps import load_and_store
from diamonds.training.train import train_version
from diamonds.versions import promotion, store
from diamonds.versions.version import Version
from tests.conftest import model_store_in

pytestmark = pytest.mark.usefixtures("empty_database")

DAYS, CHANGED = 14, 6
NOW = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def stones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pd.DataFrame]:
    """The stones of a market, of which others are the configured data; trainings follow the market."""
    everything = pd.read_csv(PROJECT / "data" / "diamonds.csv")
    everything[::9].to_csv(tmp_path / "market.csv", index=False)
    everything[4::9].to_csv(tmp_path / "others.csv", index=False)
    monkeypatch.setenv("DIAMONDS_DATA", str(tmp_path / "market.csv"))
    monkeypatch.setenv("DIAMONDS_TRAIN_ON_SALES", "true")
    settings.cache_clear()
    with model_store_in(tmp_path / "bentoml"):
        yield load_and_store(str(tmp_path / "others.csv"))[0].stones()
    settings.cache_clear()


def train() -> Version:
    dataset, _ = load_and_store(settings().data)
    return train_version(spec_named("linear"), dataset, trials=1, seed=0)


def live(stones: pd.DataFrame, champion: Version, shift: Shift) -> None:
    market = Market(stones, NOW - timedelta(days=DAYS), shift, DAYS - CHANGED, calls_a_day=300)
    pricer = load_pricer(champion)
    sales = pd.concat([write_day(market, day, pricer) for day in market.days(DAYS)])
    write_sales(sales[sales["sold_at"] < NOW])


def off_by(version: Version, stones: pd.DataFrame, level: float) -> float:
    prices = load_pricer(version).prices(matrix_of(stones))
    return float(np.abs(prices / (level * stones["price"].to_numpy()) - 1).mean())


def test_after_a_sudden_rise_the_next_version_is_promoted_and_as_good_as_the_one_before_was(
    stones: pd.DataFrame,
) -> None:
    before = train()
    promotion.promote_best([before])
    live(stones, before, Shift.SUDDEN)
    assert monitor(NOW)["step"]["kind"] == TRAIN

    version = train()
    decision = promotion.promote_best([version])

    assert decision.promote, decision.reason
    champion = store.champion()
    assert champion is not None
    assert champion.source_tag == version.tag
    assert off_by(before, stones, 1.15) > 1.1 * off_by(before, stones, 1.0)
    assert off_by(version, stones, 1.15) < 1.05 * off_by(before, stones, 1.0)


def test_sellers_who_choose_what_they_sell_move_no_quotes(stones: pd.DataFrame) -> None:
    before = train()
    promotion.promote_best([before])
    live(stones, before, Shift.GAMED_QUOTES)

    promotion.promote_best([train()])

    champion = store.champion()
    assert champion is not None
    quotes, former = (load_pricer(each).prices(matrix_of(stones)) for each in (champion, before))
    ratio = quotes / former
    assert abs(np.median(ratio) - 1) < 0.01
