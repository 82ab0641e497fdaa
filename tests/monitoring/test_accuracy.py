"""Live accuracy: its figures, and intervals that are what they say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from diamonds.diamond import typed
from diamonds.monitoring.accuracy import accuracy, by_day, by_slice, by_version, rolling
from diamonds.monitoring.probation import ERROR_RATE, evidence, judge

NOW = pd.Timestamp("2026-11-25T12:00Z")


def sales(number: int = 200, *, seed: int = 0) -> pd.DataFrame:
    """Sales that were quoted 10% too high, half of them within their interval."""
    generator = np.random.default_rng(seed)
    price = generator.uniform(500, 5000, number)
    stones = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2", "depth": 61.5, "table": 56.0}
    frame = pd.DataFrame({**stones, "x": 5.7, "y": 5.7, "z": 3.5, "price": price})
    frame = frame.assign(
        predicted=price * 1.1,
        low=price * 0.9,
        high=np.where(np.arange(number) % 2, price * 0.95, price * 1.2),
    )
    ages = pd.to_timedelta(np.arange(number) % 10, unit="D")
    return typed(frame.assign(version="diamonds-linear:a", sold_at=NOW - ages - pd.Timedelta("1h")))


def test_the_figures_are_those_of_the_sales() -> None:
    found = accuracy(sales().assign(predicted=lambda rows: rows["price"] * 1.05))
    assert found.stones == 200
    assert found.bias.value == found.mape.value == pytest.approx(0.05)
    assert found.mae_usd.low < found.mae_usd.value < found.mae_usd.high
    assert (found.within_10_percent.value, found.within_10_percent.high) == (1, 1)
    assert found.coverage is not None
    assert found.coverage.value == 0.5
    exact = stats.binomtest(100, 200).proportion_ci(0.95, method="exact")
    assert (found.coverage.low, found.coverage.high) == pytest.approx(tuple(exact), rel=1e-11)


def test_the_bootstrapped_interval_holds_the_true_mean_nearly_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(100):
        errors = generator.exponential(100.0, 150)
        frame = sales(150).assign(price=1000.0, predicted=1000.0 + errors)
        found = accuracy(frame).mae_usd
        held += found.low <= 100 <= found.high
    assert held >= 88


def test_a_single_sale_and_one_without_interval_are_no_error() -> None:
    one = sales(1).assign(low=np.nan, high=np.nan)
    found = accuracy(one)
    assert (found.stones, found.coverage) == (1, None)
    assert found.mae_usd.low == found.mae_usd.high == found.mae_usd.value


def test_sales_are_divided_by_version_day_slice_and_window() -> None:
    frame = sales()
    assert [name for name, _ in by_version(frame)] == ["diamonds-linear:a"]
    assert len(list(by_day(frame))) == 10
    assert "cut Ideal" in dict(by_slice(frame))
    assert "cut Ideal" not in dict(by_slice(frame.head(20)))
    week = rolling(frame, 7, NOW)
    assert week is not None
    assert week.stones == 140
    assert rolling(frame, 7, NOW - pd.Timedelta("300D")) is None


def _errors(
    generator: np.random.Generator, spread: float, number: int
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.exp(generator.normal(0, spread, number))


def test_a_champion_that_is_no_worse_is_hardly_ever_rolled_back() -> None:
    generator = np.random.default_rng(0)
    price = np.full(2000, 1000.0)
    rolled_back = sum(
        judge(
            "new",
            "old",
            price,
            price * _errors(generator, 0.08, 2000),
            price * _errors(generator, 0.08, 2000),
        ).worse
        for _ in range(200)
    )
    assert rolled_back <= 200 * ERROR_RATE + 2


def test_a_worse_champion_is_found_and_one_absurd_sale_decides_nothing() -> None:
    generator = np.random.default_rng(0)
    price = np.full(2000, 1000.0)
    worse, before = (price * _errors(generator, spread, 2000) for spread in (0.1, 0.08))
    assert judge("new", "old", price, worse, before).worse
    assert not judge("new", "old", price[:5], worse[:5] * 50, before[:5]).worse
    assert evidence(np.empty(0)) == 1
