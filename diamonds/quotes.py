"""Quotes prices with one version of a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from diamonds import model_store
from diamonds.diamond import Diamond, frame_of
from diamonds.intervals import Intervals
from diamonds.model_store import Version
from diamonds.models import Estimator, Prices
from diamonds.models.features import Matrix

CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Pricer:
    """A version with its estimator loaded, ready to quote."""

    version: Version
    estimator: Estimator
    intervals: Intervals

    @property
    def tag(self) -> str:
        """The tag that the version was first saved under, also for a champion."""
        return self.version.labels.get("source", self.version.tag)

    def quote_matrix(self, matrix: Matrix) -> tuple[Prices, Prices, Prices]:
        """Prices with their low and high bounds in USD for rows of ``features.matrix_of``."""
        price_usd = self.estimator.predict_matrix(matrix)
        return price_usd, *self.intervals.bounds(price_usd, matrix)

    def prices_usd(self, stones: Sequence[Diamond]) -> list[float]:
        """The prices of the stones in order, rounded to the cent and at least one cent."""
        if not stones:
            return []
        return [max(round(float(price), 2), 0.01) for price in self.estimator.predict(frame_of(stones))]


def load_pricer(version: Version) -> Pricer:
    """Loads a version to quote with; raises ``DamagedVersion``."""
    return Pricer(version, model_store.load(version), Intervals.load(version.folder))
