"""Metrics of predicted prices on the hold-out, over all stones and by slice."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from diamonds.dataset import without_report
from diamonds.grades import GRADES
from diamonds.models.features import matrix_of
from diamonds.models.intervals import Intervals
from diamonds.models.spec import Estimator, Prices

if TYPE_CHECKING:
    import pandas as pd

CARAT_BANDS = (0.0, 0.5, 1.0, 1.5, 2.0, np.inf)
HOLD_OUT_FILE = "hold_out.parquet"
_QUOTES = ["predicted", "low", "high"]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Errors: ``mae``, ``rmse`` and the median ``width`` of intervals in USD, ``mape`` as a fraction.

    ``r2`` of stones that all have one price is 1 where they are quoted at that, else 0.
    ``within_10_percent`` is the share of predictions within 10% of the true price, ``coverage`` the share of
    true prices inside their interval; it and ``width`` are NaN where there are no intervals.
    """

    mae: float
    rmse: float
    r2: float
    mape: float
    within_10_percent: float
    coverage: float
    width: float

    def labels(self) -> dict[str, str]:
        """The metrics as the strings that label a version, empty where there is none."""
        return {name: "" if np.isnan(value) else f"{value:.6g}" for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Stones with their true ``price``, the ``predicted`` one, and its ``low`` and ``high`` bound, in USD.

    The bounds are NaN where there are no intervals.
    """

    stones: "pd.DataFrame"

    def metrics(self) -> Metrics:
        return _metrics(self.stones)

    def deciding(self) -> Self:
        """The stones of a hold-out on which promotions are decided."""
        return type(self)(without_report(self.stones)[0])

    def reported(self) -> Self:
        """The stones of a hold-out that decide nothing, so that the errors on them are honest."""
        return type(self)(without_report(self.stones)[1])

    def slices(self) -> "Iterator[tuple[str, Evaluation]]":
        """The evaluations of each cut, color, clarity and band of weight, with the name of the slice."""
        import pandas as pd

        bands = pd.cut(self.stones["carat"], CARAT_BANDS, right=False)
        for column in (*GRADES, "carat"):
            by = bands if column == "carat" else self.stones[column]
            for value, stones in self.stones.groupby(by, observed=True):
                yield f"{column} {_band(value) if column == 'carat' else value}", Evaluation(stones)

    def bootstrap(self, metric: Callable[[Metrics], float], *, resamples: int = 200) -> tuple[float, float]:
        """The lower and upper bound of the bootstrapped 95% confidence interval of ``metric``."""
        generator = np.random.default_rng(0)
        size = len(self.stones)
        columns = self.stones[["price", *_QUOTES]]
        values = [metric(_metrics(columns.take(generator.integers(0, size, size)))) for _ in range(resamples)]
        low, high = np.quantile(values, [0.025, 0.975])
        return float(low), float(high)

    def save(self, folder: Path) -> None:
        self.stones.to_parquet(folder / HOLD_OUT_FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The evaluation that was saved to ``folder``."""
        import pandas as pd

        return cls(pd.read_parquet(folder / HOLD_OUT_FILE))


def _band(weights: "pd.Interval[float]") -> str:
    return f"{weights.left:g} {f'to {weights.right:g}' if np.isfinite(weights.right) else 'and more'}"


def evaluate(estimator: Estimator, intervals: Intervals, stones: "pd.DataFrame") -> Evaluation:
    """Predicts the prices and intervals of stones whose ``price`` is known."""
    matrix = matrix_of(stones)
    predicted: Prices = estimator.predict_matrix(matrix)
    low, high = intervals.bounds(predicted, matrix)
    return Evaluation(stones.assign(predicted=predicted, low=low, high=high))


def _metrics(stones: "pd.DataFrame") -> Metrics:
    price, predicted, low, high = (stones[name].to_numpy("float64") for name in ("price", *_QUOTES))
    error = predicted - price
    coverage, width = ((low <= price) & (price <= high)).mean(), np.median(high - low)
    spread = float(((price - price.mean()) ** 2).sum())
    return Metrics(
        mae=float(np.abs(error).mean()),
        rmse=float(np.sqrt((error**2).mean())),
        r2=1 - float((error**2).sum()) / spread if spread else float(not error.any()),
        mape=float(np.abs(error / price).mean()),
        within_10_percent=float((np.abs(error / price) <= 0.1).mean()),
        coverage=float("nan") if np.isnan(width) else float(coverage),
        width=float(width),
    )
