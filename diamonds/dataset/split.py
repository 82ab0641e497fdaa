"""Decides by a stable hash which stones are held out of all training."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from diamonds.dataset.hashing import Words, hashes
from diamonds.diamond import DIMENSIONS, GRADES

HOLD_OUT_SHARE = 0.2

Measures = Mapping[str, npt.NDArray[np.float64]]
"""Columns of measures, NaN where unknown."""
Codes = Mapping[str, npt.NDArray[np.integer]]
"""Columns of grades as their places on the scale."""

_LARGEST = 2.0**31  # far beyond any measure in hundredths; keeps absurd ones within a word's half


def is_held_out(frame: pd.DataFrame) -> "pd.Series[bool]":
    """For each row, whether its stone belongs to the hold-out, by ``stone_hashes``."""
    return pd.Series(falls_in_hold_out(stone_hashes(frame)), index=frame.index)


def falls_in_hold_out(stones: Words) -> npt.NDArray[np.bool_]:
    """Whether the stone of each hash belongs to the hold-out: one in five, whatever else there is."""
    return stones < np.uint64(int(HOLD_OUT_SHARE * 2**64))


def stone_hashes(frame: pd.DataFrame) -> Words:
    """A 64-bit hash of what identifies each stone, shape (rows,); equal for copies of one stone.

    That is its weight, color, clarity and its dimensions in any order, rounded to hundredths: a stone listed
    again in another orientation has another depth, table or cut. A stone none of whose dimensions is known
    is identified by its cut, depth and table in their place.
    """
    columns = {name: frame[name].to_numpy("float64") for name in ("carat", "depth", "table", *DIMENSIONS)}
    codes = {name: frame[name].cat.codes.to_numpy() for name in GRADES}
    return identities(columns, codes)


def identities(measures: Measures, codes: Codes) -> Words:
    """``stone_hashes`` of bare columns."""
    small, middle, large = _sorted(*(_hundredths(measures[name]) for name in DIMENSIONS))
    unmeasured = large == 0
    if unmeasured.any():
        small = np.where(unmeasured, _hundredths(measures["depth"]), small)
        middle = np.where(unmeasured, _hundredths(measures["table"]), middle)
    cut = np.where(unmeasured, codes["cut"].astype(np.uint64) + np.uint64(1), np.uint64(0))
    grades = (codes["color"].astype(np.uint64) << np.uint64(8)) | codes["clarity"].astype(np.uint64)
    return hashes([_hundredths(measures["carat"]), grades, cut, small, middle, large])


def _sorted(a: Words, b: Words, c: Words) -> tuple[Words, Words, Words]:
    a, b = np.minimum(a, b), np.maximum(a, b)
    b, c = np.minimum(b, c), np.maximum(b, c)
    return np.minimum(a, b), np.maximum(a, b), c


def _hundredths(values: npt.NDArray[np.float64]) -> Words:
    rounded = np.rint(np.nan_to_num(values, nan=0.0) * 100)
    return np.clip(rounded, 0, _LARGEST).astype(np.uint64)
