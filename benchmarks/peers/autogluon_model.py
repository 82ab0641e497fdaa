"""AutoGluon's preset of medium quality within the time; run by a Python that has `autogluon.tabular`."""

import tempfile
from importlib.metadata import version

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor  # type: ignore[import-not-found]

from benchmarks.judging import Floats, Predict
from benchmarks.peers.learner import Budget, Stones, run

PRESET = "medium_quality"


def train(stones: Stones, budget: Budget) -> tuple[str, Predict]:
    frame = pd.DataFrame(stones.matrix, columns=stones.columns).assign(price=stones.price_usd)
    predictor = TabularPredictor(
        "price", eval_metric="mean_absolute_error", path=tempfile.mkdtemp(), verbosity=0
    )
    predictor.fit(frame, time_limit=budget.minutes * 60, presets=PRESET)
    predictor.persist()

    def predict(matrix: Floats) -> Floats:
        return np.asarray(predictor.predict(pd.DataFrame(matrix, columns=stones.columns)), "float64")

    name = f"AutoGluon {version('autogluon.tabular')}, {PRESET}, at most {budget.minutes:g} minutes"
    return name, predict


if __name__ == "__main__":
    run(train)
