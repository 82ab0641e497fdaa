"""Finds the sold stones that are most like a given one, in an index on disk that all processes share."""

import math
from itertools import product
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from diamonds.diamond import GRADES, GradedWeight, SoldStone

Numbers = npt.NDArray[np.float64]
Offsets = npt.NDArray[np.int64]

_MEASURES = ("carat", "depth", "table", "price", "x", "y", "z")
_ROWS_FILE = "similar.npy"
_OFFSETS_FILE = "similar-groups.npy"
_SHAPE = tuple(len(grades) for grades in GRADES.values())


def save_index(stones: pd.DataFrame, folder: Path) -> None:
    """Writes the index of the stones (a frame with all ten columns) into ``folder``."""
    codes = [stones[column].cat.codes.to_numpy("int64") for column in GRADES]
    group = np.ravel_multi_index(codes, _SHAPE)
    order = np.lexsort((stones["price"], stones["carat"], group))
    offsets = np.searchsorted(group[order], np.arange(np.prod(_SHAPE) + 1))
    np.save(folder / _ROWS_FILE, stones[list(_MEASURES)].to_numpy("float64")[order].T)
    np.save(folder / _OFFSETS_FILE, offsets)


_GROUP_OF = {grades: number for number, grades in enumerate(product(*GRADES.values()))}


class SimilarStones:
    """Stones by cut, color and clarity, each group in the order of weight, then price; memory-mapped."""

    def __init__(self, rows: Numbers, offsets: Offsets) -> None:
        self._rows = rows
        self._carat = rows[0]
        self._offsets: list[int] = offsets.tolist()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The index that ``save_index`` wrote to ``folder``; its pages are read as they are needed."""
        rows = np.asarray(np.load(folder / _ROWS_FILE, mmap_mode="r"))
        return cls(rows, np.load(folder / _OFFSETS_FILE))

    def nearest(self, stone: GradedWeight, n: int) -> tuple[list[SoldStone], int]:
        """The ``n`` stones of the same grades nearest in weight, and how many have these grades.

        Nearest first; of equally near ones the lighter, then the cheaper. Fewer where fewer exist.
        """
        group = _GROUP_OF[stone.cut, stone.color, stone.clarity]
        first, end = self._offsets[group], self._offsets[group + 1]
        near = first + _nearest(self._carat[first:end], stone.carat, n)
        return [_sold(stone, measures) for measures in self._rows[:, near].T.tolist()], end - first


def _nearest(weights: Numbers, carat: float, n: int) -> Offsets:
    """Where in the ascending ``weights`` the ``n`` nearest to ``carat`` are, nearest first."""
    here = int(np.searchsorted(weights, carat))
    lighter = _just_below(weights, here, n)
    candidates = np.concatenate([lighter, np.arange(here, min(here + n, len(weights)))])
    # Rounding makes 0.5 - 0.4 and 0.6 - 0.5 the tie that they are in decimal carats.
    distance = np.round(np.abs(weights[candidates] - carat), 9)
    nearest: Offsets = candidates[np.argsort(distance, kind="stable")[:n]]
    return nearest


def _just_below(weights: Numbers, here: int, n: int) -> Offsets:
    """The ``n`` places before ``here``; if they cut through a run of equal weights, its cheapest stones."""
    start = max(here - n, 0)
    places = np.arange(start, here)
    if start > 0 and weights[start - 1] == weights[start]:
        cheapest = int(np.searchsorted(weights, weights[start]))
        taken = int(np.searchsorted(weights[start:here], weights[start], "right"))
        places[:taken] = np.arange(cheapest, cheapest + taken)
    return places


def _sold(stone: GradedWeight, measures: list[float]) -> SoldStone:
    carat, depth, table, price, x, y, z = measures
    return {
        "carat": carat,
        "cut": stone.cut,
        "color": stone.color,
        "clarity": stone.clarity,
        "depth": _known(depth),
        "table": _known(table),
        "price": price,
        "x": _known(x),
        "y": _known(y),
        "z": _known(z),
    }


def _known(measure: float) -> float | None:
    return None if math.isnan(measure) else measure
