"""Estimates how far the market's prices have moved, and since when, from recent sales.

Stones differ, so each price is divided by what one and the same version quotes for the stone. The ratios
of the newest sales beside those of the market's data say how far prices have moved in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from diamonds.models.spec import Prices

GROUP = 50
"""Number of sales that are looked at together; fewer move nothing."""
LONGEST_DAYS = 30
"""Length of a period at most, so that a slow movement is followed."""
LARGEST_MOVE = 1.5
"""Factor by which prices are taken to have moved at most: more is a mistake, such as another currency."""
_CERTAIN = 4.0
"""Number of standard errors by which two groups differ that are not of one period."""
_OF_NORMAL = 1.4826
"""Standard deviation of normal errors over the median of their absolute values."""
_NARROW = 0.85
"""Spread of ratios, as a share of the usual one, below which they are of a choice among the sales."""

Days = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Period:
    """Neighbouring sales at one level of prices: the places ``start`` to ``stop``, the newest sale at 0.

    ``level`` is the logarithm of how far prices were above the market's data, 0 where that is not certain.
    """

    start: int
    stop: int
    level: float


def periods(ratios: Prices, days: Days, usual: Prices) -> list[Period]:
    """The periods of sales, the newest first.

    ``ratios`` are logarithms of the prices of sales, the newest first, over what one version quotes for their
    stones, and ``days`` the days of the sales; ``usual`` are the ratios of the market's data.
    """
    return [Period(start, stop, _level(ratios[start:stop], usual)) for start, stop in _spans(ratios, days)]


def _spans(ratios: Prices, days: Days) -> Iterator[tuple[int, int]]:
    """Neighbouring groups of sales whose medians do not certainly differ."""
    groups = len(ratios) // GROUP
    start = 0
    for number in range(1, groups):
        edge = number * GROUP
        older = slice(edge, len(ratios) if number == groups - 1 else edge + GROUP)
        is_long = days[start] - days[older][-1] > LONGEST_DAYS
        if is_long or _differ(ratios[start:edge], ratios[older]):
            yield start, edge
            start = edge
    if groups:
        yield start, len(ratios)


def _differ(some: Prices, others: Prices) -> bool:
    error = np.hypot(_error_of_median(some), _error_of_median(others))
    return bool(abs(np.median(some) - np.median(others)) > _CERTAIN * error)


def _error_of_median(ratios: Prices) -> float:
    return max(float(1.2533 * _spread(ratios) / np.sqrt(len(ratios))), 1e-9)


def _level(ratios: Prices, usual: Prices) -> float:
    """The level of the ratios above the usual ones: shrunk by its uncertainty, and bounded.

    0 where they spread less than usual: a market that moves moves all ratios alike, but if only stones are
    sold that were quoted too low, or are reported that suit somebody, their ratios lie closer together.
    """
    level = float(np.median(ratios) - np.median(usual))
    if _spread(ratios) < _NARROW * _spread(usual):
        return 0.0
    certainty = level / np.hypot(_error_of_median(ratios), _error_of_median(usual))
    shrunk = level * max(0.0, 1 - 1 / max(certainty**2, 1e-9))
    return float(np.clip(shrunk, -np.log(LARGEST_MOVE), np.log(LARGEST_MOVE)))


def _spread(ratios: Prices) -> float:
    """The spread, which a few absurd ratios do not widen."""
    return float(_OF_NORMAL * np.median(np.abs(ratios - np.median(ratios))))
