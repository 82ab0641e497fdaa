"""Prediction intervals that contain the promised share of true prices: split conformal prediction.

The promise rests only on this: the calibration stones are set apart from the training rows and used for
nothing else, and the model that quotes is never fitted again with them.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np

from diamonds.dataset.capacity import fewest_to_calibrate
from diamonds.models.features import Matrix, lacks_measures, nearest_classic, one_hot, without_measures
from diamonds.models.spec import Estimator, Prices

_FILE = "intervals.json"
_BANDS = 5
_STONES_PER_BAND = 30
_LARGEST_LOG_FACTOR = float(np.log(1000))


@dataclass(frozen=True, slots=True)
class Intervals:
    """Bounds by a factor up and down: a stone's usual error, times a quantile of its band of weight.

    ``coverage`` is what is promised. ``difficulty`` predicts the usual error of a stone; ``edges`` are the
    weights between the bands; ``quantiles``, shape (2, bands), are for stones with all measures and the rest.
    ``stones`` calibrated them; with too few there are no intervals, and the quantiles are infinite.
    """

    coverage: float
    difficulty: Prices
    edges: Prices
    quantiles: Matrix
    stones: int = 0

    @property
    def missing(self) -> str | None:
        """Why there are no intervals, in a sentence, or None where there are."""
        if np.isfinite(self.quantiles).all():
            return None
        return (
            f"There is no interval: {self.stones or 'too few'} of the sold stones calibrate it, and a "
            f"coverage of {self.coverage:.0%} needs {fewest_to_calibrate(self.coverage)} or more."
        )

    @classmethod
    def fit(
        cls,
        estimator: Estimator,
        *,
        seen: tuple[Matrix, Prices],
        calibration: tuple[Matrix, Prices],
        coverage: float,
    ) -> Self:
        """Calibrates the quantiles on stones that nothing else used.

        ``seen`` are the stones that ``estimator`` learned from with their out-of-fold errors, as log
        ratios of price to prediction; ``calibration`` the stones set apart with their prices in USD.
        """
        difficulty = _difficulty(*seen)
        matrix, price_usd = calibration
        if len(matrix) < fewest_to_calibrate(coverage):
            return cls(coverage, difficulty, np.empty(0), np.full((2, 1), np.inf), len(matrix))
        edges = _edges(matrix[:, 0], coverage)
        bands, number = np.searchsorted(edges, matrix[:, 0], side="right"), len(edges) + 1
        quantiles = []
        for stones in (matrix, without_measures(matrix)):
            ratio = np.log(price_usd / estimator.predict_matrix(stones))
            scores = np.abs(ratio) / _usual_error(difficulty, stones)
            quantiles.append([_quantile(scores[bands == band], coverage) for band in range(number)])
        return cls(coverage, difficulty, edges, np.array(quantiles), len(matrix))

    def bounds(self, price_usd: Prices, matrix: Matrix) -> tuple[Prices, Prices]:
        """The low and high bounds in USD of prices that the model gave for the stones of ``matrix``.

        NaN where intervals are ``missing``.
        """
        if self.missing:
            return np.full_like(price_usd, np.nan), np.full_like(price_usd, np.nan)
        incomplete = lacks_measures(matrix).astype("int64")
        band = np.searchsorted(self.edges, matrix[:, 0], side="right")
        ratio = self.quantiles[incomplete, band] * _usual_error(self.difficulty, matrix)
        factor = np.exp(np.minimum(ratio, _LARGEST_LOG_FACTOR))
        return price_usd / factor, price_usd * factor

    def save(self, folder: Path) -> None:
        fields = {name: np.asarray(value).tolist() for name, value in asdict(self).items()}
        (folder / _FILE).write_text(json.dumps(fields, indent=2))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The intervals that were saved to ``folder``."""
        fields = json.loads((folder / _FILE).read_text())
        arrays = {name: np.array(fields[name]) for name in ("difficulty", "edges", "quantiles")}
        return cls(coverage=fields["coverage"], stones=fields.get("stones", 0), **arrays)


def _edges(carat: Prices, coverage: float) -> Prices:
    """The weights between the bands: as many as leave each band the stones that the coverage asks for."""
    fewest = fewest_to_calibrate(coverage)
    usual = max(_STONES_PER_BAND, fewest)
    for number in range(_BANDS, 1, -1):
        edges = np.quantile(carat, np.linspace(0, 1, number + 1)[1:-1])
        bands = np.searchsorted(edges, carat, side="right")
        if len(carat) >= number * usual and np.bincount(bands, minlength=number).min() >= fewest:
            return np.asarray(edges)
    return np.empty(0)


def _quantile(scores: Prices, coverage: float) -> float:
    """The smallest score that is, with one new stone, at least as large as the promised share of scores."""
    rank = min(int(np.ceil((len(scores) + 1) * coverage - 1e-9)), len(scores))
    return float(np.partition(scores, rank - 1)[rank - 1])


_LARGEST_USUAL_ERROR = 1.0  # a factor of e: absurd stones get wide intervals, not infinite ones
_SMALLEST_ERROR = 0.005  # half a percent: logs of errors near 0 would rule the fit


def _difficulty(matrix: Matrix, ratio: Prices) -> Prices:
    target = np.log(np.abs(ratio) + _SMALLEST_ERROR)
    return np.asarray(np.linalg.lstsq(_traits(matrix), target, rcond=None)[0])


def _usual_error(difficulty: Prices, matrix: Matrix) -> Prices:
    return np.exp(
        np.clip(_traits(matrix) @ difficulty, np.log(_SMALLEST_ERROR), np.log(_LARGEST_USUAL_ERROR))
    )


def _traits(matrix: Matrix) -> Matrix:
    """What errors depend on: the weight and its square, and every classic grade, shape (rows, 3 + 20)."""
    log_carat = np.log(matrix[:, :1])
    return np.column_stack([np.ones(len(matrix)), log_carat, log_carat**2, one_hot(nearest_classic(matrix))])
