"""Judges which stones are like sold ones, by weight and grades together."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from diamonds.diamond import FEATURES, GradedWeight
from diamonds.grades import GRADE_CODES, GRADES, SCALE
from diamonds.models.features import Matrix
from diamonds.models.spec import Prices
from diamonds.pricing.similar import Offsets, Scale, read_index

_FEWEST = 3
"""Number of sold stones near a stone from which its price can be learned."""
_ORDINARY = 0.995
"""Share of the sold stones that must be near enough to others: what is usual in these data is no reason."""
_LEAST_TOLERANCE, _MOST_TOLERANCE = 0.05, 0.2
"""By how much the weights of near stones differ, as logarithms of their ratio."""
_RADII = (1, 2, 3, 6, len(SCALE["color"]))
_MOST_WEIGHTS = 600
_ODD_WEIGHTS = 300
_GRADES = [FEATURES.index(column) for column in GRADES]
_SHIFT = 2 * len(SCALE["color"])

Places = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Support:
    """Which weights of each combination of grades were sold, with equal or neighbouring grades.

    ``supported`` has a row for each combination and a column for the weights from each of ``weights`` to the
    next, but the first, which is for lighter ones. ``radius`` is the number of steps to neighbouring grades.
    """

    weights: Prices
    supported: npt.NDArray[np.bool_]
    scale: Scale
    radius: int
    lookup: Places

    @classmethod
    def open(cls, folder: Path) -> Self:
        """What is supported by the sold stones of a version, by the index of them in its folder."""
        rows, offsets, scale = read_index(folder)
        carat = np.log(rows[0])
        radius, tolerance = _nearness(carat, offsets, scale)
        weights = _weights(rows[0], tolerance)
        inner = [
            _count_near(near, np.log(weights), tolerance) >= _fewest(carat)
            for near in _neighbours(carat, offsets, scale, radius)
        ]
        supported = np.zeros((len(inner), len(weights) + 1), dtype=bool)
        supported[:, 1:-1] = np.array(inner)[:, :-1]
        return cls(weights, supported, scale, radius, _lookup(scale))

    def places(self, rows: Matrix) -> tuple[Places, Places]:
        """The row and the column of ``supported`` for each stone of a matrix."""
        codes = (2 * rows[:, _GRADES]).astype(np.intp) + _SHIFT
        groups: Places = (
            self.lookup[0, codes[:, 0]] + self.lookup[1, codes[:, 1]] + self.lookup[2, codes[:, 2]]
        )
        return groups, np.searchsorted(self.weights, rows[:, 0], side="right")

    def missing(self, rows: Matrix) -> Places:
        """The rows of the stones that too few sold ones are like."""
        return np.flatnonzero(~self.supported[self.places(rows)])

    def range_of(self, stone: GradedWeight | None = None) -> tuple[float, float] | None:
        """The lightest and the heaviest supported weight of a stone's grades, or of all; None without any."""
        if stone is None:
            return self._range(self.supported.any(axis=0))
        codes = [int(2 * GRADE_CODES[name][getattr(stone, name)]) + _SHIFT for name in GRADES]
        group = int(self.lookup[range(len(codes)), codes].sum())
        return self._range(self.supported[group])

    def warnings(self, rows: Matrix, missing: Places) -> dict[int, str]:
        """A sentence about each missing stone that says which stones were not sold."""
        groups, _ = self.places(rows[missing])
        ranges = {group: self._range(self.supported[group]) for group in np.unique(groups).tolist()}
        named = zip(missing.tolist(), groups.tolist(), rows[missing, 0].tolist(), strict=True)
        return {row: self._sentence(group, carat, ranges[group]) for row, group, carat in named}

    def _range(self, supported: npt.ArrayLike) -> tuple[float, float] | None:
        columns = np.flatnonzero(supported)
        if not len(columns):
            return None
        return float(self.weights[columns[0] - 1]), float(self.weights[columns[-1] - 1])

    def _sentence(self, group: int, carat: float, sold: tuple[float, float] | None) -> str:
        grades = ", ".join(_grades(self.scale)[group])
        next_to = "the grades next to them" if self.radius == 1 else f"grades up to {self.radius} steps away"
        inside = sold is None or sold[0] <= carat <= sold[1]
        only = "" if inside or sold is None else f", only from {sold[0]:.4g} to {sold[1]:.4g}"
        return (
            f"Too few stones of about {carat:.4g} carat of {grades} and {next_to} were sold to learn a price"
            f"{only}. It is what lesser stones cost per carat at least, and its interval promises nothing."
        )


def _grades(scale: Scale) -> list[tuple[str, ...]]:
    """The combinations of grades in the order of their groups."""
    return list(itertools.product(*(scale[column] for column in GRADES)))


def _lookup(scale: Scale) -> Places:
    """What the codes of each column, doubled and shifted, add to the number of a group, shape (3, codes)."""
    lookup = np.zeros((len(GRADES), _SHIFT + 2 * max(map(len, SCALE.values()))), dtype=np.intp)
    stride = 1
    for column, (name, codes) in reversed([*enumerate(GRADE_CODES.items())]):
        known = np.array([codes[grade] for grade in scale[name]])
        halves = (np.arange(lookup.shape[1]) - _SHIFT) / 2
        lookup[column] = stride * np.abs(halves[:, None] - known).argmin(axis=1)
        stride *= len(known)
    return lookup


def _fewest(carat: Numbers) -> int:
    return max(1, min(_FEWEST, len(carat) - 1))


def _nearness(carat: Numbers, offsets: Offsets, scale: Scale) -> tuple[int, float]:
    """The least steps of grades, and the tolerance of weight, by which sold stones are near to others."""
    tolerance = _MOST_TOLERANCE
    for radius in _RADII:
        apart = np.concatenate(
            [
                _apart(near, carat[first:end], _fewest(carat))
                for near, (first, end) in zip(
                    _neighbours(carat, offsets, scale, radius), itertools.pairwise(offsets), strict=True
                )
            ]
        )
        tolerance = float(np.quantile(apart, _ORDINARY, method="higher"))
        if tolerance <= _MOST_TOLERANCE:
            break
    return radius, max(_LEAST_TOLERANCE, tolerance if np.isfinite(tolerance) else _MOST_TOLERANCE)


def _neighbours(carat: Numbers, offsets: Offsets, scale: Scale, radius: int) -> Iterator[Numbers]:
    """For each combination of grades the weights of stones within ``radius`` steps of each, in order."""
    _, colors, clarities = shape = [len(scale[column]) for column in GRADES]
    for grades in itertools.product(*map(range, shape)):
        around = [
            (max(0, at - radius), min(size, at + radius + 1)) for at, size in zip(grades, shape, strict=True)
        ]
        rows = [
            (cut * colors + color) * clarities
            for cut, color in itertools.product(*(range(*each) for each in around[:2]))
        ]
        first, end = around[2]
        yield np.sort(np.concatenate([carat[offsets[row + first] : offsets[row + end]] for row in rows]))


def _apart(near: Numbers, carat: Numbers, number: int) -> Numbers:
    """How far each of the stones is from the ``number``-th nearest other of ``near``, which has them all."""
    edge = np.full(number, np.inf)
    padded = np.concatenate([-edge, near, edge])
    at = np.searchsorted(near, carat) + number
    distances = [
        np.maximum(carat - padded[at - lighter], padded[at - lighter + number] - carat)
        for lighter in range(number + 1)
    ]
    apart: Numbers = np.min(distances, axis=0)
    return apart


def _count_near(near: Numbers, weights: Numbers, tolerance: float) -> Places:
    above = np.searchsorted(near, weights + tolerance, side="right")
    return above - np.searchsorted(near, weights - tolerance)


def _weights(carat: Numbers, tolerance: float) -> Prices:
    """The weights to judge, beyond the lightest and the heaviest stone: of two decimals, as stones have."""
    low, high = carat.min() / np.exp(tolerance), carat.max() * np.exp(tolerance)
    first, last = int(100 * low), int(100 * high) + 2
    if _ODD_WEIGHTS / 6 < last - first < _MOST_WEIGHTS and first:
        return np.arange(first, last) / 100
    return np.geomspace(low, 1.0001 * high, _ODD_WEIGHTS)
