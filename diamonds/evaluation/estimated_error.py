"""Estimates the mean absolute error on stones whose sale prices are not known yet, with an interval.

How far a model's prices are usually off depends on the stone. Regressions learn that from the errors of the
stones that a version was trained on, each priced by a model that did not learn from it, and the stones that
were set apart for calibration, priced by the version itself, set the level. The mean over any other stones
follows a change of their mix (direct loss estimation, as NannyML calls it). A change of the market, in which
the same stones sell at other prices, shows only in sale prices.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from diamonds.models.features import Matrix, derived, lacks_measures, without_measures
from diamonds.models.spec import Estimator, Prices

if TYPE_CHECKING:
    import xgboost as xgb

FEWEST_STONES = 20
"""Number of calibration stones below which the level of the errors is anybody's guess."""
_RESAMPLES = 8
_TREES = 120
_PARAMETERS = {
    "objective": "reg:gamma",  # errors have a spread in proportion to their mean
    "max_depth": 4,
    "learning_rate": 0.2,
    "min_child_weight": 30,
    "max_bin": 128,
    "nthread": 1,
}
_SMALLEST_ERROR = 0.001
_REACH = 1.96


class TooFewStones(ValueError):
    """Too few stones were set apart for calibration to tell how large errors are."""


@dataclass(frozen=True, slots=True)
class EstimatedError:
    """The estimated mean absolute error of the quotes of ``stones`` stones, with its 95% interval, in USD."""

    mae_usd: float
    low_usd: float
    high_usd: float
    stones: int


@dataclass(frozen=True, slots=True)
class Level:
    """How errors of the version compare with those that the regressions expect.

    ``factor`` is the ratio of their means, ``spread`` the standard deviation of a stone's error over its
    expectation, ``doubt`` the relative standard error of the factor.
    """

    factor: float
    spread: float
    doubt: float


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """Expects the absolute error of each quote of one version.

    ``regressions`` differ in the stones that they were fitted to, drawn with replacement, which shows how
    uncertain they are; ``levels`` are for stones with all measures and for the rest.
    """

    regressions: "Sequence[xgb.Booster]"
    levels: tuple[Level, Level]

    @classmethod
    def fit(
        cls,
        estimator: Estimator,
        *,
        seen: tuple[Matrix, Prices, Prices],
        calibration: tuple[Matrix, Prices],
        seed: int = 0,
    ) -> Self:
        """Learns what error is usual for a stone.

        ``seen`` are the stones that ``estimator`` learned from, with their prices and their prices out of
        fold; ``calibration`` the stones set apart, with their prices, all in USD. Raises ``TooFewStones``.
        """
        matrix, price_usd = calibration
        if len(matrix) < FEWEST_STONES:
            raise TooFewStones(
                f"Got {len(matrix)} calibration stones; expected {FEWEST_STONES} or more to tell errors by."
            )
        regressions = list(_regressions(*seen, seed))
        complete, bare = (
            _level(regressions, estimator, stones, price_usd) for stones in (matrix, without_measures(matrix))
        )
        return cls(regressions, (complete, bare))

    def estimate(self, matrix: Matrix, predicted_usd: Prices) -> EstimatedError:
        """The error on stones that were quoted at ``predicted_usd``: at least one stone.

        The interval is for the error that their sale prices would show: it counts the luck of so many
        stones, the doubt about the level, and the difference of the regressions.
        """
        factor, spread, doubt = self._levels_of(matrix).T
        by_regression = factor * _expected_usd(self.regressions, matrix, predicted_usd)
        errors, number = by_regression.mean(axis=0), len(matrix)
        variance = (
            ((spread * errors) ** 2).sum() / number**2
            + (doubt * errors).mean() ** 2
            + by_regression.mean(axis=1).var(ddof=1)
        )
        mean, reach = float(errors.mean()), _REACH * math.sqrt(variance)
        return EstimatedError(mean, max(0.0, mean - reach), mean + reach, number)

    def _levels_of(self, matrix: Matrix) -> Matrix:
        """Factor, spread and doubt for each stone, shape (rows, 3)."""
        table = np.array([[level.factor, level.spread, level.doubt] for level in self.levels])
        return np.asarray(table[lacks_measures(matrix).astype("int64")])


def _regressions(
    matrix: Matrix, price_usd: Prices, out_of_fold_usd: Prices, seed: int
) -> "Iterator[xgb.Booster]":
    import xgboost as xgb

    generator = np.random.default_rng(seed)
    relative = np.maximum(np.abs(price_usd / out_of_fold_usd - 1), _SMALLEST_ERROR)
    traits = _traits(matrix, out_of_fold_usd)
    for _ in range(_RESAMPLES):
        times_drawn = generator.poisson(1, len(matrix))
        rows = xgb.QuantileDMatrix(traits, relative, weight=times_drawn, max_bin=_PARAMETERS["max_bin"])
        yield xgb.train({**_PARAMETERS, "seed": seed}, rows, num_boost_round=_TREES)


def _traits(matrix: Matrix, predicted_usd: Prices) -> Matrix:
    return np.column_stack([derived(matrix), np.log(predicted_usd)])


def _expected_usd(
    regressions: "Sequence[xgb.Booster]", matrix: Matrix, predicted_usd: Prices
) -> npt.NDArray[np.float64]:
    """The absolute error that each regression expects of each quote, shape (regressions, rows)."""
    traits = _traits(matrix, predicted_usd)
    return np.array([predicted_usd * booster.inplace_predict(traits) for booster in regressions])


def _level(
    regressions: "Sequence[xgb.Booster]", estimator: Estimator, matrix: Matrix, price_usd: Prices
) -> Level:
    predicted = estimator.predict_matrix(matrix)
    error, expected = np.abs(price_usd - predicted), _expected_usd(regressions, matrix, predicted).mean(0)
    factor = float(error.mean() / expected.mean())
    if factor == 0:
        return Level(0.0, 0.0, 0.0)
    ratio = error / (factor * expected)
    doubt = float((error - factor * expected).std(ddof=1) / math.sqrt(len(error)) / error.mean())
    return Level(factor, float(ratio.std(ddof=1)), doubt)
