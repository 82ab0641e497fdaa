"""Warns of stones whose measures are unlike those of all training stones."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from diamonds.diamond import DIMENSIONS, FEATURES, MEASURES
from diamonds.models.features import Matrix, matrix_of
from diamonds.models.spec import Prices

if TYPE_CHECKING:
    import pandas as pd

_FILE = "plausible.json"
_RARE = 0.001
"""Share of training stones at either end that are ignored: typing errors make their measures contradict."""
_SLACK = 0.1
"""By how much ranges are extended, as a share of their width."""


@dataclass(frozen=True, slots=True)
class PlausibleRanges:
    """The ranges of the training stones' measures, dimensions for their weight, and errors of depth."""

    low: Prices
    high: Prices

    @classmethod
    def of(cls, stones: "pd.DataFrame") -> Self:
        """The ranges of training stones."""
        traits = _traits(matrix_of(stones))
        measures, relations = np.split(traits, [len(MEASURES)], axis=1)
        low, high = np.nanquantile(relations, [_RARE, 1 - _RARE], axis=0)
        slack = _SLACK * (high - low)
        return cls(
            np.concatenate([np.nanmin(measures, axis=0), low - slack]),
            np.concatenate([np.nanmax(measures, axis=0), high + slack]),
        )

    def warnings(self, matrix: Matrix) -> dict[int, list[str]]:
        """The warnings of each implausible stone, as sentences, by its row in the matrix."""
        with np.errstate(over="ignore"):
            traits = _traits(matrix)
        warnings: dict[int, list[str]] = {}
        for row, trait in np.argwhere((traits < self.low) | (traits > self.high)).tolist():
            warnings.setdefault(row, []).append(self._sentence(matrix[row].tolist(), trait))
        return warnings

    def _sentence(self, stone: list[float], trait: int) -> str:
        value = dict(zip(FEATURES, stone, strict=True))
        low, high = self.low[trait], self.high[trait]
        if trait < len(MEASURES):
            name = MEASURES[trait]
            return f"{name} {value[name]:g} is outside the {low:g} to {high:g} that prices were learned from."
        if trait < len(MEASURES) + len(DIMENSIONS):
            name, width = DIMENSIONS[trait - len(MEASURES)], np.cbrt(value["carat"])
            usual = f"{low * width:.2f} to {high * width:.2f} mm"
            return f"{name} {value[name]:g} mm contradicts carat {value['carat']:g}, which goes with {usual}."
        measured = 200 * value["z"] / (value["x"] + value["y"])
        return f"depth {value['depth']:g}% contradicts x, y and z, which make {measured:.1f}%."

    def save(self, folder: Path) -> None:
        fields = {name: value.tolist() for name, value in asdict(self).items()}
        (folder / _FILE).write_text(json.dumps(fields, indent=2))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The ranges that were saved to ``folder``."""
        fields = json.loads((folder / _FILE).read_text())
        return cls(np.array(fields["low"]), np.array(fields["high"]))


def _traits(matrix: Matrix) -> Matrix:
    """Measures, dimensions at a weight of one carat, error of depth, shape (stones, 10); unknown: NaN."""
    carat, _cut, _color, _clarity, depth, table, x, y, z = matrix.T
    width = np.cbrt(carat)
    measures = (carat, depth, table, x, y, z)
    return np.column_stack([*measures, x / width, y / width, z / width, depth - 200 * z / (x + y)])
