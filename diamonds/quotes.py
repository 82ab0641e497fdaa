"""Quotes prices with one version of a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from diamonds import model_store
from diamonds.diamond import FEATURES, GRADES, Diamond
from diamonds.intervals import Intervals
from diamonds.model_store import Version
from diamonds.models import Estimator
from diamonds.models.features import Matrix
from diamonds.plausibility import Plausible

CURRENCY = "USD"


class Quote(NamedTuple):
    """A price in USD with the bounds of its interval: 0 < low <= price <= high, all in whole cents.

    ``warnings`` say in sentences what is implausible about the stone.
    """

    price: float
    low: float
    high: float
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Pricer:
    """A version with its estimator and intervals loaded, ready to quote."""

    version: Version
    estimator: Estimator
    intervals: Intervals
    plausible: Plausible

    @property
    def tag(self) -> str:
        """The tag that the version was first saved under, also for a champion."""
        return self.version.labels.get("source", self.version.tag)

    @property
    def coverage(self) -> float:
        """The promised share of true prices within the intervals."""
        return self.intervals.coverage

    def quotes(self, stones: Sequence[Diamond]) -> list[Quote]:
        """The quotes of the stones, in order."""
        return self.quotes_of(rows_of(stones))

    def quotes_of(self, matrix: Matrix) -> list[Quote]:
        """The quotes of stones that are rows of a matrix of shape (stones, 9), columns ``FEATURES``."""
        if not len(matrix):
            return []
        prices = self.estimator.predict_matrix(matrix)
        cents = np.maximum(np.round([prices, *self.intervals.bounds(prices, matrix)], 2), 0.01)
        warnings = self.plausible.warnings(matrix)
        return [
            Quote(price, low, high, warnings.get(row, ()))
            for row, (price, low, high) in enumerate(cents.T.tolist())
        ]

    def prices_usd(self, stones: Sequence[Diamond]) -> list[float]:
        """The prices of the stones in order, rounded to the cent and at least one cent."""
        return [quote.price for quote in self.quotes(stones)]


_CODES = {column: {grade: code for code, grade in enumerate(grades)} for column, grades in GRADES.items()}
_values = attrgetter(*FEATURES)


def rows_of(stones: Sequence[Diamond]) -> Matrix:
    """The stones as numbers, shape (len(stones), 9), columns ``FEATURES``; grades count from the worst."""
    cuts, colors, clarities = _CODES.values()
    rows = [
        (carat, cuts[cut], colors[color], clarities[clarity], *rest)
        for carat, cut, color, clarity, *rest in map(_values, stones)
    ]
    return np.array(rows, dtype="float64").reshape(len(rows), len(FEATURES))


def load_pricer(version: Version) -> Pricer:
    """Loads a version to quote with; raises ``DamagedVersion``."""
    estimator = model_store.load(version)  # checks all files first
    return Pricer(version, estimator, Intervals.load(version.folder), Plausible.load(version.folder))
