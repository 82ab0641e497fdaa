"""Quotes prices with one version of a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from diamonds.diamond import Diamond
from diamonds.models import Estimator
from diamonds.models.features import Matrix, rows_of
from diamonds.models.intervals import Intervals
from diamonds.models.spec import Prices
from diamonds.models.threads import CORES, on_all_cores
from diamonds.pricing.plausibility import PlausibleRanges
from diamonds.versions import store
from diamonds.versions.version import Version

CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Quotes:
    """The quotes of stones in order, in USD and whole cents: 0 < low <= price <= high.

    ``warnings`` are sentences by the position of the stone, for those that are implausible.
    """

    price: list[float]
    low: list[float]
    high: list[float]
    warnings: dict[int, list[str]]


@dataclass(frozen=True, slots=True)
class Pricer:
    """A version with its estimator and intervals loaded, ready to quote."""

    version: Version
    estimator: Estimator
    intervals: Intervals
    plausible_ranges: PlausibleRanges

    @property
    def tag(self) -> str:
        """The tag under which the version was first saved, also for a champion."""
        return self.version.labels.get("source", self.version.tag)

    @property
    def coverage(self) -> float:
        """The share of true prices that lie within the intervals."""
        return self.intervals.coverage

    def quotes(self, rows: Matrix) -> Quotes:
        """The quotes of the stones of a matrix."""
        prices = self.prices(rows)
        cents = np.maximum(np.round([prices, *self.intervals.bounds(prices, rows)], 2), 0.01)
        price, low, high = cents.tolist()
        return Quotes(price, low, high, self.plausible_ranges.warnings(rows))

    def prices(self, rows: Matrix) -> Prices:
        """The prices of the stones of a matrix in USD, not rounded; many are computed on all cores."""
        if not len(rows):
            return np.empty(0)
        if len(rows) < _FEWEST_FOR_THREADS:
            return self.estimator.predict_matrix(rows)
        parts = np.array_split(rows, CORES)
        return np.concatenate(on_all_cores([partial(self.estimator.predict_matrix, part) for part in parts]))

    def prices_usd(self, stones: Sequence[Diamond]) -> list[float]:
        """The prices of the stones in order, rounded to the cent and at least one cent."""
        return self.quotes(rows_of(stones)).price


# Estimators compute in one thread, since their own threads slow down the quote of a single stone; large
# batches are divided among threads here.
_FEWEST_FOR_THREADS = 512


def load_pricer(version: Version) -> Pricer:
    """Loads the estimator and the intervals of a version; raises ``DamagedVersion``."""
    estimator = store.load(version)  # checks all files first
    return Pricer(version, estimator, Intervals.load(version.folder), PlausibleRanges.load(version.folder))
