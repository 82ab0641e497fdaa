"""Stones as numbers: the matrix that models take, and the features derived from it, in one place."""

from collections.abc import Sequence
from operator import attrgetter

import numpy as np
import numpy.typing as npt
import pandas as pd

from diamonds.diamond import FEATURES, GRADES, WIDTH_OF_ONE_CARAT_MM, Diamond, typed

Matrix = npt.NDArray[np.float64]

# Medians over the cleaned stones of data/diamonds.csv.
USUAL_DEPTH_PERCENT = 61.8
USUAL_TABLE_PERCENT = 57.0


def matrix_of(stones: pd.DataFrame) -> Matrix:
    """The stones as numbers, shape (rows, 9), columns ``FEATURES``.

    Grades are counted from the worst, which is 0; unknown measures are NaN.
    """
    columns = [stones[name].cat.codes if name in GRADES else stones[name] for name in FEATURES]
    return np.column_stack([column.to_numpy("float64") for column in columns])


_CODES = {column: {grade: code for code, grade in enumerate(grades)} for column, grades in GRADES.items()}
_values = attrgetter(*FEATURES)


def rows_of(stones: Sequence[Diamond]) -> Matrix:
    """The stones as numbers, shape (len(stones), 9), columns ``FEATURES``; grades count from the worst."""
    cuts, colors, clarities = _CODES.values()
    rows = [
        (carat, cuts[cut], colors[color], clarities[clarity], *rest)
        for carat, cut, color, clarity, *rest in map(_values, stones)
    ]
    return np.array(rows, dtype="float64").reshape(len(rows), len(FEATURES))


def stones_of(matrix: Matrix) -> pd.DataFrame:
    """The frame that ``matrix_of`` turns into ``matrix``."""
    frame = pd.DataFrame(matrix, columns=list(FEATURES))
    for column, grades in GRADES.items():
        frame[column] = np.array(grades)[frame[column].astype("int64")]
    return typed(frame)


def completed(matrix: Matrix) -> Matrix:
    """The stones with unknown measures filled in as usual for the weight.

    The weight of a stone grows with the cube of its size; depth is defined as 2 z / (x + y).
    """
    carat, cut, color, clarity, depth, table, x, y, z = matrix.T
    x = _known(x, y, WIDTH_OF_ONE_CARAT_MM * np.cbrt(carat))
    y = _known(y, x)
    depth = _known(depth, 200 * z / (x + y), np.full_like(carat, USUAL_DEPTH_PERCENT))
    table = _known(table, np.full_like(carat, USUAL_TABLE_PERCENT))
    z = _known(z, depth * (x + y) / 200)
    return np.column_stack([carat, cut, color, clarity, depth, table, x, y, z])


def _known(values: Matrix, *instead: Matrix) -> Matrix:
    for substitute in instead:
        values = np.where(np.isnan(values), substitute, values)
    return values


def one_hot(matrix: Matrix) -> Matrix:
    """Whether each stone has each grade, 0 or 1, shape (rows, 20)."""
    return np.asarray(matrix[:, _GRADE_OWNERS] == _GRADE_CODES, dtype="float64")


_GRADE_OWNERS = [FEATURES.index(column) for column, grades in GRADES.items() for _ in grades]
_GRADE_CODES = np.array([code for grades in GRADES.values() for code in range(len(grades))])


DERIVED = (
    *FEATURES,
    "volume",
    "density",
    "longer in x",
    "depth misstated",
    "table to depth",
    "color times clarity",
)


def derived(matrix: Matrix) -> Matrix:
    """The completed stones and what can be computed from them, shape (rows, len(DERIVED))."""
    stones = completed(matrix)
    carat, _cut, color, clarity, depth, table, x, y, z = stones.T
    volume = x * y * z
    return np.column_stack(
        [
            stones,
            volume,
            carat / volume,
            x - y,
            200 * z / (x + y) - depth,
            table / depth,
            (color + 1) * (clarity + 1),
        ]
    )
