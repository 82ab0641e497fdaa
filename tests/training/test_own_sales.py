"""A training on the configured market also learns from the sales in the record, where a setting says so."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import Dataset
from diamonds.models import spec_named
from diamonds.monitoring.market import Market, Shift
from diamonds.monitoring.simulation import write_day, write_sales
from diamonds.pricing.pricer import load_pricer
from diamonds.settings import settings
from diamonds.training.reproduce import reproduce
from diamonds.training.steps import load_and_store
from diamonds.training.train import train_version
from diamonds.versions import promotion, store
from diamonds.versions.reference import foreign_source, reference_stones
from diamonds.versions.version import Version
from tests.conftest import model_store_in

pytestmark = pytest.mark.usefixtures("empty_database", "market_of_few_stones")

DAYS = 8


@pytest.fixture
def champion(few_stones: Path, tmp_path: Path) -> Iterator[Version]:
    """The champion of a store of its own, which quoted in a market where 5% of the sales are poisoned."""
    with model_store_in(tmp_path / "bentoml"):
        dataset, _ = load_and_store(str(few_stones))
        version = train_version(spec_named("linear"), dataset, trials=1, seed=0)
        assert promotion.promote_best([version]).promote
        write_market(dataset, version)
        yield version


def write_market(dataset: Dataset, version: Version) -> None:
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS + 6)
    stones = pd.concat([dataset.training, dataset.hold_out])
    market, pricer = Market(stones, start, Shift.POISONED, calls_a_day=150), load_pricer(version)
    write_sales(pd.concat([write_day(market, day, pricer) for day in market.days(DAYS)]))


def test_sales_join_the_market_only_where_a_setting_says_so(
    champion: Version, few_stones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without, _ = load_and_store(str(few_stones))
    assert without.fingerprint == champion.labels["dataset"]

    monkeypatch.setenv("DIAMONDS_TRAIN_ON_SALES", "true")
    settings.cache_clear()
    dataset, report = load_and_store(str(few_stones))
    own = dataset.training[dataset.training["source"] == "record"]
    assert len(own) > 150
    assert dataset.hold_out["source"].eq("record").sum() > 30
    assert any("of the usual ratio to their quotes: " in note for note in report.notes)
    assert own["price"].max() < 3 * without.training["price"].max(), "None at ten times the price is there."

    other = tmp_path / "other.csv"
    other.write_text(few_stones.read_text())
    assert "source" not in load_and_store(str(other))[0].training, "Other data is not the market."

    version = train_version(spec_named("linear"), dataset, trials=1, seed=0)
    assert reproduce(version.tag).exact
    assert foreign_source(dataset.fingerprint) is None
    assert len(reference_stones(store.get(champion.tag))) == len(dataset.hold_out)
    decision = promotion.compare(champion.tag, version.tag)
    assert "latest held-out stones, which decide nothing here, the MAE of" in decision.reason
