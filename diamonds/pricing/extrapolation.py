"""Prices stones that no sold ones are like, so that the price does not fall with weight or better grades."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from diamonds.diamond import FEATURES
from diamonds.grades import GRADE_CODES, GRADES
from diamonds.models.features import Matrix
from diamonds.models.spec import Prices
from diamonds.pricing.support import Places, Support

_WIDER = 2.0
"""Factor by which intervals are wider at least; above the supported weights also by the ratio of weights."""


@dataclass(frozen=True)
class Extrapolation:
    """Prices beyond what ``support`` has, from the prices that a model ``learned`` of supported stones."""

    support: Support
    learned: Callable[[Matrix], Prices]

    def prices(self, rows: Matrix) -> Prices:
        """The price of each stone: its weight times the most that a supported stone costs per carat.

        Of the supported stones which are neither heavier nor of a better grade; without such stones the
        least that any costs.
        """
        groups, columns = self.support.places(rows)
        return rows[:, 0] * self._per_carat[groups, columns]

    def widened(self, rows: Matrix, low: Prices, high: Prices) -> tuple[Prices, Prices]:
        """The bounds of an interval moved apart, the more the heavier a stone is than supported ones."""
        groups, _ = self.support.places(rows)
        beyond = np.maximum(rows[:, 0] / self._heaviest[groups], 1)
        return low / _WIDER, high * _WIDER * beyond

    @cached_property
    def _heaviest(self) -> Prices:
        """The heaviest supported weight of each combination of grades; that of all where it has none."""
        last = self.support.supported.shape[1] - 1 - self.support.supported[:, ::-1].argmax(axis=1)
        some = self.support.supported.any(axis=1)
        heaviest: Prices = self.support.weights[np.where(some, last, last[some].max(initial=1)) - 1]
        return heaviest

    @cached_property
    def _per_carat(self) -> Prices:
        """The price per carat by the rows and columns of ``supported``."""
        supported = self.support.supported
        groups, columns = np.nonzero(supported)
        weights = self.support.weights[columns - 1]
        per_carat = np.full(supported.shape, -np.inf)
        per_carat[groups, columns] = self.learned(self._stones(groups, weights)) / weights
        least = per_carat[groups, columns].min(initial=np.inf)
        most = self._most_of_lesser(per_carat)
        return np.where(np.isfinite(most), most, least)

    def _stones(self, groups: Places, weights: Prices) -> Matrix:
        scale = self.support.scale
        rows = np.full((len(groups), len(FEATURES)), np.nan)
        rows[:, 0] = weights
        places = np.unravel_index(groups, [len(scale[column]) for column in GRADES])
        for column, place in zip(GRADES, places, strict=True):
            codes = np.array([GRADE_CODES[column][grade] for grade in scale[column]])
            rows[:, FEATURES.index(column)] = codes[place]
        return rows

    def _most_of_lesser(self, per_carat: Prices) -> Prices:
        """For each stone the most of those that are neither heavier nor better in any grade."""
        table = per_carat.reshape(*(len(self.support.scale[column]) for column in GRADES), -1)
        for axis in range(table.ndim):
            table = np.maximum.accumulate(table, axis=axis)
        return table.reshape(per_carat.shape)
