"""Computes the distribution of each column: quantiles of measures, counts of grades."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from diamonds.diamond import MEASURES
from diamonds.grades import GRADES

if TYPE_CHECKING:
    import pandas as pd

_QUANTILES = {
    "smallest": 0.0,
    "low": 0.05,
    "quarter": 0.25,
    "median": 0.5,
    "three_quarters": 0.75,
    "high": 0.95,
    "largest": 1.0,
}


class Measured(BaseModel):
    """The distribution of a measure: quantiles at 5, 25, 50, 75 and 95%; all None if none is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    known: int
    unknown: int
    smallest: float | None = None
    low: float | None = None
    quarter: float | None = None
    median: float | None = None
    three_quarters: float | None = None
    high: float | None = None
    largest: float | None = None
    mean: float | None = None


def measures_of(frames: "Sequence[pd.DataFrame]") -> dict[str, Measured]:
    """The distribution of each measure and of the price over the stones of all frames."""
    columns = (*MEASURES, "price")
    return {column: _measured(np.concatenate([frame[column] for frame in frames])) for column in columns}


def _measured(values: npt.NDArray[np.float64]) -> Measured:
    values.sort()  # NaN goes to the end
    known = int(np.searchsorted(values, np.nan))
    if not known:
        return Measured(known=0, unknown=len(values))
    quantiles = {name: float(values[round(share * (known - 1))]) for name, share in _QUANTILES.items()}
    return Measured(known=known, unknown=len(values) - known, mean=float(values[:known].mean()), **quantiles)


def grades_of(frames: "Sequence[pd.DataFrame]") -> dict[str, dict[str, int]]:
    """How many stones of all frames have each grade, from the worst to the best."""
    return {column: _grade_counts(column, frames) for column in GRADES}


def _grade_counts(column: str, frames: "Sequence[pd.DataFrame]") -> dict[str, int]:
    grades = frames[0][column].cat.categories
    counts = [np.bincount(frame[column].cat.codes, minlength=len(grades)) for frame in frames]
    return dict(zip(grades, np.sum(counts, axis=0).tolist(), strict=True))
