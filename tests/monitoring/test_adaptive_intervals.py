"""Intervals that adapt keep their promise while the market moves; those that do not, do not."""

import math

import numpy as np
import pandas as pd
import pytest

from diamonds.monitoring.adaptive_intervals import AdaptiveIntervals, adapted, distances

COVERAGE, SALES, SHIFTED, RUN = 0.9, 3_000, 1_500, 500


def market(seed: int, *, shift: float = 0.15) -> pd.DataFrame:
    """Sales beside quotes whose intervals hold 90% of the prices, until prices rise by ``shift`` at once."""
    generator = np.random.default_rng(seed)
    reach = generator.uniform(0.10, 0.25, SALES)
    error = generator.standard_t(5, SALES) / 2.015 * reach
    predicted = generator.uniform(500, 15_000, SALES)
    level = np.where(np.arange(SALES) < SHIFTED, 0.0, np.log1p(shift))
    return pd.DataFrame(
        {
            "sold_at": pd.date_range("2026-01-01", periods=SALES, freq="h"),
            "price": predicted * np.exp(error + level),
            "predicted": predicted,
            "low": predicted / np.exp(reach),
            "high": predicted * np.exp(reach),
        }
    )


def coverage_of_runs(held: pd.Series) -> np.ndarray:
    """The share of sales that were held among each ``RUN`` consecutive ones."""
    return held.astype("float64").rolling(RUN).mean().dropna().to_numpy()


@pytest.mark.parametrize("seed", range(5))
def test_through_a_shift_of_prices_any_500_sales_in_a_row_are_covered_as_promised(seed: int) -> None:
    sales = market(seed)
    found = adapted(sales, COVERAGE)

    assert np.abs(coverage_of_runs(found["held"]) - COVERAGE).max() <= 0.03
    assert coverage_of_runs(pd.Series(distances(sales) <= 1)).min() < 0.75
    assert np.isinf(found["factor"]).mean() < 0.005, "An infinite interval is no way to keep the promise."


@pytest.mark.parametrize("shift", [0.0, -0.15, 0.3])
def test_so_they_are_in_markets_that_stay_or_fall_or_rise_far(shift: float) -> None:
    found = adapted(market(9, shift=shift), COVERAGE)

    assert np.abs(coverage_of_runs(found["held"]) - COVERAGE).max() <= 0.03


def test_in_a_quiet_market_they_are_about_as_wide_as_the_quoted_ones() -> None:
    factor = adapted(market(1), COVERAGE)["factor"]

    assert factor[:SHIFTED].median() == pytest.approx(1.0, abs=0.1)
    assert factor[SHIFTED + RUN :].median() > 1.3


def test_bounds_are_known_before_the_sale_and_hold_what_they_are_said_to() -> None:
    found = adapted(market(2), COVERAGE)

    inside = (found["low"] <= found["price"]) & (found["price"] <= found["high"])
    assert (inside == found["held"]).all()
    changed = market(2)
    changed["price"] = changed["price"].where(changed.index < SALES - 1, 1.0)
    assert adapted(changed, COVERAGE)["factor"].equals(found["factor"])


def test_the_share_of_misses_falls_after_a_miss_and_rises_after_a_hit() -> None:
    intervals = AdaptiveIntervals(COVERAGE, step=0.05)

    assert intervals.learn(0.5)
    assert intervals.miss_share == pytest.approx(0.105)
    assert not intervals.learn(2.0)
    assert intervals.miss_share == pytest.approx(0.06)
    for _ in range(2):
        intervals.learn(2.0)
    assert intervals.factor == math.inf


def test_sales_without_an_interval_are_left_out() -> None:
    sales = market(3).head(10)
    sales.loc[0, ["low", "high"]] = np.nan

    assert len(adapted(sales, COVERAGE)) == 9
