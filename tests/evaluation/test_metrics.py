"""Metrics, whole and by slice, with how sure they are."""

import numpy as np
import pandas as pd
import pytest

from diamonds.diamond import typed
from diamonds.evaluation.metrics import Evaluation


def evaluated(size: int = 400) -> Evaluation:
    generator = np.random.default_rng(0)
    price = generator.uniform(500, 5000, size)
    predicted = price * generator.uniform(0.8, 1.2, size)
    stones = {
        "carat": np.resize([0.49, 0.5, 1.2, 3.0], size),
        "cut": np.resize(["Ideal", "Fair"], size),
        "color": "G",
        "clarity": "IF",
        **dict.fromkeys(("depth", "table", "x", "y", "z"), 1.0),
        "price": price,
        "predicted": predicted,
        "low": predicted * 0.9,
        "high": predicted * 1.1,
    }
    return Evaluation(typed(pd.DataFrame(stones)))


def test_metrics_are_what_their_names_say() -> None:
    stones = pd.DataFrame({"price": [100.0, 200.0, 300.0, 400.0], "predicted": [100.0, 190.0, 330.0, 500.0]})

    metrics = Evaluation(stones.assign(low=stones["predicted"] - 20, high=stones["predicted"] + 20)).metrics()

    assert metrics.mae == 35
    assert metrics.rmse == pytest.approx(np.sqrt((100 + 900 + 10_000) / 4))
    assert metrics.r2 == pytest.approx(1 - 11_000 / 50_000)
    assert metrics.mape == pytest.approx((0 + 0.05 + 0.1 + 0.25) / 4)
    assert metrics.within_10_percent == 0.75
    assert metrics.coverage == 0.5
    assert metrics.width == 40


def test_the_slices_of_each_column_hold_every_stone_once() -> None:
    slices = dict(evaluated().slices())

    assert list(slices) == [
        *("cut Fair", "cut Ideal", "color G", "clarity IF"),
        *("carat 0 to 0.5", "carat 0.5 to 1", "carat 1 to 1.5", "carat 2 and more"),
    ]
    assert sum(len(each.stones) for each in slices.values()) == 4 * 400


def test_the_bootstrap_encloses_the_metric_and_narrows_with_more_stones() -> None:
    few, many = evaluated(100), evaluated(4000)

    low, high = few.bootstrap(lambda metrics: metrics.mae)
    lower, higher = many.bootstrap(lambda metrics: metrics.mae)

    assert low < few.metrics().mae < high
    assert higher - lower < (high - low) / 3
