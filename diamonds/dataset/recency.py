"""Weighs rows by their age: recent sales count more than old ones."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

WEIGHT = "weight"
"""Name of a dataset's column that says how much each row counts in a training, from ``SMALLEST`` to 1."""
SMALLEST = 0.01
"""Weight of the oldest rows: a market that is known by old sales alone is still known."""
DAY = np.timedelta64(1, "D")


def recency(
    sold_at: "pd.Series[pd.Timestamp]", newest: "pd.Timestamp", half_life_days: float
) -> npt.NDArray[np.float64]:
    """The weight of each row: 1 of those sold at ``newest`` or later, half as much for each half-life before.

    Rows without a date (NaT) count as old as the oldest row with one.
    """
    age = np.maximum((newest - sold_at).to_numpy() / DAY, 0.0)
    known = age[~np.isnan(age)]
    age = np.where(np.isnan(age), known.max(initial=0.0), age)
    return np.asarray(np.maximum(0.5 ** (age / half_life_days), SMALLEST), dtype="float64")
