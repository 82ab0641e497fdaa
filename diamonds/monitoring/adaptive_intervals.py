"""Adapts intervals to each sale, so that they keep their promise while the market moves.

Adaptive conformal inference: the share of sales that may miss their interval is lowered after each miss and
raised after each hit (Gibbs and Candès, *Adaptive Conformal Inference Under Distribution Shift*, 2021).
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

STEP = 0.02
"""How fast the share of misses adapts. Over n sales, coverage is off by its change / (n STEP)."""
REMEMBERED = 300
"""Number of newest sales whose distances from their quotes say how wide an interval must be."""
FEWEST_SALES = 50
"""Number of sales below which the quoted interval stays."""


@dataclass(slots=True)
class AdaptiveIntervals:
    """Intervals around quotes, as multiples of the quoted ones on the scale of logs.

    The *distance* of a sale is how far its price is from the quote in half-widths of the quoted interval: up
    to 1 inside of it. ``miss_share`` is the share of sales that may miss the interval now.
    """

    coverage: float
    step: float = STEP
    remembered: int = REMEMBERED
    miss_share: float = field(init=False)
    _distances: deque[float] = field(init=False)

    def __post_init__(self) -> None:
        self.miss_share = 1 - self.coverage
        self._distances = deque(maxlen=self.remembered)

    @property
    def factor(self) -> float:
        """How many times as wide as the quoted intervals those have to be; infinite where any price may come.

        1, the quoted interval, until there are some sales to know better by.
        """
        if self.miss_share <= 0:
            return math.inf
        if len(self._distances) < FEWEST_SALES:
            return 1.0
        share = min(1.0, max(0.0, 1 - self.miss_share))
        return float(np.quantile(np.asarray(self._distances), share, method="higher"))

    def learn(self, distance: float) -> bool:
        """Takes the next sale into account; returns whether the interval before it held the price."""
        held = distance <= self.factor
        self.miss_share += self.step * ((1 - self.coverage) - (not held))
        self._distances.append(distance)
        return held


def learned_factor(sales: pd.DataFrame, coverage: float) -> float:
    """How many times as wide as those of ``sales`` the intervals after all of them have to be."""
    intervals = AdaptiveIntervals(coverage)
    for distance in distances(sales.sort_values("sold_at", kind="stable")).tolist():
        intervals.learn(distance)
    return intervals.factor


def distances(sales: pd.DataFrame) -> np.ndarray:
    """How far each ``price`` is from the quote, ``predicted``, in half-widths of its interval."""
    price, predicted, high = (sales[name].to_numpy("float64") for name in ("price", "predicted", "high"))
    return np.asarray(np.abs(np.log(price / predicted)) / np.log(high / predicted))


def adapted(sales: pd.DataFrame, coverage: float) -> pd.DataFrame:
    """The sales by ``sold_at`` with adapted bounds ``low`` and ``high``, and whether these ``held``.

    ``factor`` is how many times as wide they are as the quoted ones, known before the sale. A sale without an
    interval is left out.
    """
    sales = sales[sales["high"] > sales["predicted"]].sort_values("sold_at", kind="stable")
    rows = list(_adapted(distances(sales), coverage))
    factor = np.array([row[0] for row in rows], dtype="float64")
    predicted, high = sales["predicted"].to_numpy("float64"), sales["high"].to_numpy("float64")
    widened = (high / predicted) ** factor
    bounds = {"low": predicted / widened, "high": predicted * widened, "factor": factor}
    return sales.assign(**bounds, held=[row[1] for row in rows])


def _adapted(distance: np.ndarray, coverage: float) -> Iterator[tuple[float, bool]]:
    intervals = AdaptiveIntervals(coverage)
    for each in distance.tolist():
        yield intervals.factor, intervals.learn(each)
