"""Turns stones into the matrix of numbers that models take, and derives features from it."""

from collections.abc import Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from diamonds.diamond import FEATURES, WIDTH_OF_ONE_CARAT_MM, Diamond, grade_codes, typed
from diamonds.grades import GRADE_CODES, GRADES

if TYPE_CHECKING:
    import pandas as pd

Matrix = npt.NDArray[np.float64]
"""Stones as numbers, shape (stones, 9), columns ``FEATURES``: grades as ``GRADE_CODES``, unknown as NaN."""

# Medians over the cleaned stones of data/diamonds.csv.
USUAL_DEPTH_PERCENT = 61.8
USUAL_TABLE_PERCENT = 57.0


def matrix_of(stones: "pd.DataFrame") -> Matrix:
    """The matrix of a frame whose grades are ordered categories and whose unknown measures are NaN."""
    columns = [
        grade_codes(stones, name, GRADE_CODES[name]) if name in GRADES else stones[name].to_numpy("float64")
        for name in FEATURES
    ]
    return np.column_stack(columns)


def rows_of(stones: Sequence[Diamond]) -> Matrix:
    """The matrix of ``Diamond`` objects: the fastest way for a few of them."""
    cuts, colors, clarities = GRADE_CODES.values()
    rows = [
        (carat, cuts[cut], colors[color], clarities[clarity], *rest)
        for carat, cut, color, clarity, *rest in map(_values, stones)
    ]
    return np.array(rows, dtype="float64").reshape(len(rows), len(FEATURES))


_values = attrgetter(*FEATURES)


def matrix_of_columns(columns: Mapping[str, Sequence[Any]]) -> Matrix:
    """The matrix of raw values by column: grades as they are spelled in ``SCALE``, numbers, and None.

    Raises ``KeyError`` for another grade, ``TypeError`` or ``ValueError`` for what is no number.
    """
    return np.column_stack([_numbers(name, columns[name]) for name in FEATURES])


def _numbers(name: str, values: Sequence[Any]) -> npt.NDArray[np.float64]:
    if name in GRADE_CODES:
        codes = GRADE_CODES[name]
        values = [codes[grade] for grade in values]
    return np.array(values, dtype="float64")


def grades_of(row: npt.NDArray[np.float64]) -> dict[str, str]:
    """The grades of one stone of a matrix by column."""
    return {
        column: {code: grade for grade, code in codes.items()}[row[FEATURES.index(column)]]
        for column, codes in GRADE_CODES.items()
    }


def stones_of(matrix: Matrix) -> "pd.DataFrame":
    """The stones of a matrix as a frame: the inverse of ``matrix_of``."""
    import pandas as pd

    frame = pd.DataFrame(matrix, columns=list(FEATURES))
    for column, codes in GRADE_CODES.items():
        grades = {code: grade for grade, code in codes.items()}
        frame[column] = frame[column].map(grades)
    return typed(frame)


_OPTIONAL = [FEATURES.index(name) for name in ("depth", "table", "x", "y", "z")]


def without_measures(matrix: Matrix) -> Matrix:
    """The stones with all optional measures unknown."""
    bare = matrix.copy()
    bare[:, _OPTIONAL] = np.nan
    return bare


def lacks_measures(matrix: Matrix) -> npt.NDArray[np.bool_]:
    """Whether an optional measure of each stone is unknown."""
    return np.asarray(np.isnan(matrix[:, _OPTIONAL]).any(axis=1))


def completed(matrix: Matrix) -> Matrix:
    """The stones with unknown measures filled in as is usual for the weight.

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


def one_hot(matrix: Matrix, others: Sequence["GradeCode"] = ()) -> Matrix:
    """Whether each stone has each classic grade and each of ``others``, 0 or 1, shape (rows, 20 + others)."""
    columns, codes = _columns_and_codes(tuple(others))
    return np.asarray(matrix[:, columns] == codes, dtype="float64")


@cache
def _columns_and_codes(others: tuple["GradeCode", ...]) -> tuple[list[int], npt.NDArray[np.float64]]:
    grades = [*_CLASSIC, *others]
    return [column for column, _ in grades], np.array([code for _, code in grades])


GradeCode = tuple[int, float]
"""A grade in a matrix: the position of its column, and its code."""
_CLASSIC: list[GradeCode] = [
    (FEATURES.index(column), GRADE_CODES[column][grade])
    for column, grades in GRADES.items()
    for grade in grades
]


def other_grades(matrix: Matrix) -> list[GradeCode]:
    """The grades of the stones that are not classic ones, in order."""
    found: list[GradeCode] = []
    for column in map(FEATURES.index, GRADES):
        found += [(column, code) for code in np.unique(matrix[:, column]).tolist()]
    return [grade for grade in found if grade not in _CLASSIC]


def nearest_classic(matrix: Matrix) -> Matrix:
    """The stones with the nearest classic grade in place of others."""
    limited = matrix.copy()
    for name, grades in GRADES.items():
        column = FEATURES.index(name)
        limited[:, column] = np.clip(np.floor(matrix[:, column]), 0, len(grades) - 1)
    return limited


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
            np.maximum(color + 1, 0) * np.maximum(clarity + 1, 0),
        ]
    )
