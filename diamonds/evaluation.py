"""How well prices are predicted, measured on stones that no training saw."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from diamonds.intervals import Intervals
from diamonds.models.features import matrix_of
from diamonds.models.spec import Estimator, Prices


@dataclass(frozen=True, slots=True)
class Metrics:
    """Errors on the hold-out: ``mae``, ``rmse`` and the median ``width`` of intervals in USD, ``mape`` as a
    fraction; ``within_10_percent`` and ``coverage`` are the shares of stones that are."""

    mae: float
    rmse: float
    r2: float
    mape: float
    within_10_percent: float
    coverage: float
    width: float

    def labels(self) -> dict[str, str]:
        """The metrics as the strings that label a version."""
        return {name: f"{value:.6g}" for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Judged:
    """Quotes of stones in USD beside what they were sold for, each of shape (stones,)."""

    price: Prices
    predicted: Prices
    low: Prices
    high: Prices

    def metrics(self) -> Metrics:
        error = self.predicted - self.price
        return Metrics(
            mae=float(np.abs(error).mean()),
            rmse=float(np.sqrt((error**2).mean())),
            r2=float(1 - (error**2).sum() / ((self.price - self.price.mean()) ** 2).sum()),
            mape=float(np.abs(error / self.price).mean()),
            within_10_percent=float((np.abs(error / self.price) <= 0.1).mean()),
            coverage=float(((self.low <= self.price) & (self.price <= self.high)).mean()),
            width=float(np.median(self.high - self.low)),
        )


def judge(estimator: Estimator, intervals: Intervals, stones: pd.DataFrame) -> Judged:
    """The estimator's quotes of stones whose ``price`` is known."""
    matrix = matrix_of(stones)
    predicted = estimator.predict_matrix(matrix)
    low, high = intervals.bounds(predicted, matrix)
    return Judged(stones["price"].to_numpy("float64"), predicted, low, high)
