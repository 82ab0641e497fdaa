"""Quotes prices with one version of a model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np

from diamonds.diamond import FEATURES, Diamond, GradedWeight
from diamonds.grades import GRADE_CODES, GRADES
from diamonds.models import Estimator
from diamonds.models.features import Matrix, grades_of, rows_of
from diamonds.models.intervals import Intervals
from diamonds.models.spec import Prices
from diamonds.models.threads import CORES, on_all_cores
from diamonds.pricing.extrapolation import Extrapolation
from diamonds.pricing.plausibility import PlausibleRanges
from diamonds.pricing.scope import Fitted, Scope
from diamonds.pricing.support import Places, Support
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.version import Version

Stone = TypeVar("Stone", bound=GradedWeight)


@dataclass(frozen=True, slots=True)
class Quotes:
    """The quotes of stones in order, in the version's currency and whole cents: 0 < low <= price <= high.

    ``warnings`` are sentences by the position of the stone, for those that are implausible or that no sold
    stones are like. These are ``unsupported``: their intervals promise nothing. Where the version has no
    intervals, the bounds are None, and a warning says why. ``interval_factor`` is how many times as wide
    as the version's own the intervals are.
    """

    price: list[float]
    low: Sequence[float | None]
    high: Sequence[float | None]
    warnings: dict[int, list[str]]
    unsupported: frozenset[int] = frozenset()
    interval_factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Pricer:
    """A version with its estimator and intervals loaded, ready to quote.

    Its intervals are ``interval_factor`` times as wide as the version's own, of logs of prices.
    """

    version: Version
    estimator: Estimator
    intervals: Intervals
    plausible_ranges: PlausibleRanges
    support: Support
    scope: Scope = field(default_factory=Scope)
    interval_factor: float = 1.0
    extrapolation: Extrapolation = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "extrapolation", Extrapolation(self.support, self.learned_prices))

    @property
    def tag(self) -> str:
        """The tag under which the version was first saved, also for a champion."""
        return self.version.source_tag

    @property
    def currency(self) -> str:
        """The currency of the prices, that of the version's market."""
        return self.scope.currency

    @property
    def coverage(self) -> float | None:
        """The share of true prices that lie within the intervals, None where there are none."""
        return None if self.intervals.missing else self.intervals.coverage

    def quotes(self, rows: Matrix) -> Quotes:
        """The quotes of the stones of a matrix, whatever their grades: see ``fit``."""
        missing = self.support.missing(rows)
        prices = self._prices(rows, missing)
        bounds = np.array(self.intervals.bounds(prices, rows))
        if self.interval_factor != 1:
            bounds = prices * (bounds / prices) ** self.interval_factor
        warnings = self.plausible_ranges.warnings(rows)
        if len(missing):
            bounds[:, missing] = self.extrapolation.widened(rows[missing], *bounds[:, missing])
            for row, sentence in self.support.warnings(rows, missing).items():
                warnings.setdefault(row, []).append(sentence)
        cents = np.maximum(np.round([prices, *bounds], 2), 0.01)
        price, low, high = cents.tolist()
        if reason := self.intervals.missing:
            low = high = [None] * len(price)
            warnings = {place: [*warnings.get(place, []), reason] for place in range(len(price))}
        return Quotes(price, low, high, warnings, frozenset(missing.tolist()), self.interval_factor)

    def fit(self, rows: Matrix) -> Fitted:
        """The stones of a matrix as the version can price them; the settings say whether it extrapolates."""
        return self.scope.fit(rows, extrapolates=settings().extrapolate_grades)

    def prices(self, rows: Matrix) -> Prices:
        """The prices of the stones of a matrix, not rounded: learned, or extrapolated from what was sold."""
        return self._prices(rows, self.support.missing(rows))

    def _prices(self, rows: Matrix, missing: Places) -> Prices:
        prices = self.learned_prices(rows)
        if len(missing):
            prices[missing] = self.extrapolation.prices(rows[missing])
        return prices

    def learned_prices(self, rows: Matrix) -> Prices:
        """What the model alone makes of the stones of a matrix; many are computed on all cores."""
        if not len(rows):
            return np.empty(0)
        if len(rows) < _FEWEST_FOR_THREADS:
            return self.estimator.predict_matrix(rows)
        parts = np.array_split(rows, CORES)
        return np.concatenate(on_all_cores([partial(self.estimator.predict_matrix, part) for part in parts]))

    def prepare(self) -> None:
        """Computes what the first stone beyond the sold ones would wait for."""
        self.extrapolation.prices(np.empty((0, len(FEATURES))))

    def fit_stone(self, stone: Stone) -> tuple[Stone, list[str]]:
        """The stone as the version can price it, and warnings where that is of another grade.

        Raises ``UnlearnedGrade``.
        """
        if self.scope.knows(stone):
            return stone, []
        codes = [GRADE_CODES[column][getattr(stone, column)] for column in GRADES]
        fitted = self.fit(np.array([[1.0, *codes, *[np.nan] * 5]]))
        if fitted.refused:
            raise fitted.refused[0]
        (row,) = fitted.rows
        return stone.model_copy(update=grades_of(row)), fitted.warnings.get(0, [])

    def prices_usd(self, stones: Sequence[Diamond]) -> list[float]:
        """The prices of the stones in order, rounded to the cent and at least one cent."""
        return self.quotes(rows_of(stones)).price


# Estimators compute in one thread, since their own threads slow down the quote of a single stone; large
# batches are divided among threads here.
_FEWEST_FOR_THREADS = 512


def load_pricer(version: Version) -> Pricer:
    """Loads the estimator and the intervals of a version; raises ``DamagedVersion``."""
    estimator = store.load(version)  # checks all files first
    folder = version.folder
    ranges, support = PlausibleRanges.load(folder), Support.open(folder)
    return Pricer(version, estimator, Intervals.load(folder), ranges, support, Scope.load(folder))
