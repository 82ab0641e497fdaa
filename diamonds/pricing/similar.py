"""Finds the sold stones most similar to a stone, in an index that is saved with a version."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
import numpy.typing as npt

from diamonds.diamond import GradedWeight, SoldStone
from diamonds.grades import GRADES

if TYPE_CHECKING:
    import pandas as pd

Numbers = npt.NDArray[np.float64]
Offsets = npt.NDArray[np.int64]

_MEASURES = ("carat", "depth", "table", "price", "x", "y", "z")
_ROWS_FILE = "similar.npy"
_OFFSETS_FILE = "similar-groups.npy"
_GRADES_FILE = "similar-grades.json"

Scale = Mapping[str, Sequence[str]]


def save_index(stones: "pd.DataFrame", folder: Path) -> None:
    """Writes the index of the stones (a frame with all ten columns) into ``folder``."""
    scale = {column: stones[column].cat.categories.tolist() for column in GRADES}
    group = _group(scale, *(stones[column].cat.codes.to_numpy().astype(np.int64) for column in GRADES))
    order = np.lexsort((stones["price"], stones["carat"], group))
    offsets = np.searchsorted(group[order], np.arange(math.prod(map(len, scale.values())) + 1))
    (folder / _GRADES_FILE).write_text(json.dumps(scale))
    np.save(folder / _ROWS_FILE, stones[list(_MEASURES)].to_numpy("float64")[order].T)
    np.save(folder / _OFFSETS_FILE, offsets)


def read_index(folder: Path) -> tuple[Numbers, Offsets, Scale]:
    """The measures of the stones of an index, where each group begins and ends, and the scale of grades."""
    path = folder / _GRADES_FILE  # which versions of the classic grades alone may lack
    scale = json.loads(path.read_text()) if path.is_file() else GRADES
    # Read, not mapped: a file that is cut off while it is mapped would end the process.
    return np.load(folder / _ROWS_FILE), np.load(folder / _OFFSETS_FILE), scale


Codes = TypeVar("Codes", int, Offsets)


def _group(scale: Scale, cut: Codes, color: Codes, clarity: Codes) -> Codes:
    """The number of the combination of the grades at these places of their scales."""
    return (cut * len(scale["color"]) + color) * len(scale["clarity"]) + clarity


class SimilarStones:
    """Sold stones grouped by their grades, each group sorted by weight, then price."""

    def __init__(self, rows: Numbers, offsets: Offsets, scale: Scale) -> None:
        self._rows = rows
        self._scale = scale
        self._places = [{grade: place for place, grade in enumerate(scale[column])} for column in GRADES]
        self._carat = rows[0]
        self._offsets: list[int] = offsets.tolist()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The index that ``save_index`` wrote to ``folder``."""
        return cls(*read_index(folder))

    def nearest(self, stone: GradedWeight, n: int) -> tuple[list[SoldStone], int]:
        """The ``n`` stones of the same grades nearest in weight, and how many have these grades.

        Nearest first; of equally near ones the lighter, then the cheaper. Fewer where fewer exist.
        """
        places = [places.get(getattr(stone, name)) for name, places in zip(GRADES, self._places, strict=True)]
        known = [place for place in places if place is not None]
        if len(known) < len(places):
            return [], 0
        group = _group(self._scale, *known)
        first, end = self._offsets[group], self._offsets[group + 1]
        near = first + _nearest(self._carat[first:end], stone.carat, n)
        return [_sold(stone, measures) for measures in self._rows[:, near].T.tolist()], end - first


def _nearest(weights: Numbers, carat: float, n: int) -> Offsets:
    """The positions in the ascending ``weights`` of the ``n`` nearest to ``carat``, nearest first."""
    split = int(np.searchsorted(weights, carat))
    lighter = _just_below(weights, split, n)
    candidates = np.concatenate([lighter, np.arange(split, min(split + n, len(weights)))])
    # Rounding makes 0.5 - 0.4 and 0.6 - 0.5 the tie that they are in decimal carats.
    distance = np.round(np.abs(weights[candidates] - carat), 9)
    nearest: Offsets = candidates[np.argsort(distance, kind="stable")[:n]]
    return nearest


def _just_below(weights: Numbers, end: int, n: int) -> Offsets:
    """The ``n`` positions before ``end``; of equal weights of which not all are among them, the cheapest."""
    start = max(end - n, 0)
    positions = np.arange(start, end)
    if start > 0 and weights[start - 1] == weights[start]:
        cheapest = int(np.searchsorted(weights, weights[start]))
        equal = int(np.searchsorted(weights[start:end], weights[start], "right"))
        positions[:equal] = np.arange(cheapest, cheapest + equal)
    return positions


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
