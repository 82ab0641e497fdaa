"""Intervals keep their promise on stones that nothing else used."""

from pathlib import Path

import numpy as np
import pytest

from diamonds.dataset import Dataset, without_calibration
from diamonds.models import Estimator, spec_named
from diamonds.models.features import Matrix, matrix_of
from diamonds.models.intervals import Intervals
from diamonds.models.spec import Prices


def calibrated(dataset: Dataset, coverage: float) -> tuple[Estimator, Intervals]:
    learned, apart = without_calibration(dataset.training)
    price_usd = learned["price"].to_numpy("float64")
    estimator = spec_named("linear").build({}, 0).fit(learned, price_usd)
    errors = np.log(price_usd / estimator.predict(learned))
    calibration = matrix_of(apart), apart["price"].to_numpy("float64")
    seen = matrix_of(learned), errors
    return estimator, Intervals.fit(estimator, seen=seen, calibration=calibration, coverage=coverage)


def inside(
    estimator: Estimator, intervals: Intervals, matrix: Matrix, price_usd: Prices
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    low, high = intervals.bounds(estimator.predict_matrix(matrix), matrix)
    return np.asarray((low <= price_usd) & (price_usd <= high))


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_the_promised_share_of_true_prices_is_inside(real_dataset: Dataset, coverage: float) -> None:
    stones = real_dataset.hold_out
    matrix, price_usd = matrix_of(stones), stones["price"].to_numpy("float64")

    hits = inside(*calibrated(real_dataset, coverage), matrix, price_usd)

    assert hits.mean() == pytest.approx(coverage, abs=0.015)


def test_the_promise_holds_for_each_fifth_of_weights_and_each_cut(real_dataset: Dataset) -> None:
    stones = real_dataset.hold_out.reset_index(drop=True)
    matrix, price_usd = matrix_of(stones), stones["price"].to_numpy("float64")

    stones["inside"] = inside(*calibrated(real_dataset, 0.9), matrix, price_usd)

    fifth = stones["carat"].rank(method="first") * 5 // (len(stones) + 1)
    assert stones.groupby(fifth)["inside"].mean().to_numpy() == pytest.approx([0.9] * 5, abs=0.04)
    by_cut = stones.groupby("cut", observed=True)["inside"].mean().to_numpy()
    assert by_cut == pytest.approx([0.9] * 5, abs=0.04)


def test_the_promise_holds_for_stones_of_which_only_four_facts_are_known(real_dataset: Dataset) -> None:
    stones = real_dataset.hold_out
    matrix, price_usd = matrix_of(stones), stones["price"].to_numpy("float64")
    matrix[:, 4:] = np.nan

    assert inside(*calibrated(real_dataset, 0.9), matrix, price_usd).mean() == pytest.approx(0.9, abs=0.015)


def test_bounds_enclose_the_price_and_are_finite_even_for_absurd_stones(dataset: Dataset) -> None:
    estimator, intervals = calibrated(dataset, 0.9)
    stones = np.array([[0.001, 0, 0, 0, 1, 1, 0.01, 0.01, 0.01], [1000.0, 4, 6, 7, *[1000] * 5]])
    price_usd = estimator.predict_matrix(stones)

    low, high = intervals.bounds(price_usd, stones)

    assert (low > 0).all()
    assert (low <= price_usd).all()
    assert (price_usd <= high).all()
    assert np.isfinite(high).all()


def test_too_few_stones_to_promise_anything_give_no_bounds_and_say_so(dataset: Dataset) -> None:
    estimator, _ = calibrated(dataset, 0.9)
    matrix, price_usd = matrix_of(dataset.training)[:8], dataset.training["price"].to_numpy("float64")[:8]

    intervals = Intervals.fit(
        estimator, seen=(matrix, np.ones(8)), calibration=(matrix, price_usd), coverage=0.9
    )

    assert np.isnan(intervals.bounds(price_usd, matrix)).all()
    assert intervals.missing == (
        "There is no interval: 8 of the sold stones calibrate it, and a coverage of 90% needs 9 or more."
    )


def test_loaded_intervals_are_the_saved_ones(dataset: Dataset, tmp_path: Path) -> None:
    estimator, intervals = calibrated(dataset, 0.9)
    matrix = matrix_of(dataset.hold_out)
    price_usd = estimator.predict_matrix(matrix)

    intervals.save(tmp_path)

    loaded = Intervals.load(tmp_path)
    assert loaded.coverage == 0.9
    assert np.array_equal(loaded.bounds(price_usd, matrix), intervals.bounds(price_usd, matrix))


@pytest.mark.parametrize(
    ("coverage", "stones", "bands"),
    [(0.9, 150, 5), (0.9, 9, 1), (0.97, 150, 4), (0.97, 33, 1), (0.99, 120, 1)],
)
def test_there_are_as_many_bands_as_the_coverage_leaves_stones_for(
    dataset: Dataset, coverage: float, stones: int, bands: int
) -> None:
    estimator, _ = calibrated(dataset, 0.9)
    some = dataset.training.sample(stones, random_state=0)
    matrix, price_usd = matrix_of(some), some["price"].to_numpy("float64")

    intervals = Intervals.fit(
        estimator, seen=(matrix, np.ones(stones)), calibration=(matrix, price_usd), coverage=coverage
    )

    assert intervals.quantiles.shape == (2, bands)
    assert np.isfinite(intervals.quantiles).all()
