"""Removes copies of stones and fingerprints the rest by content, whatever the order and layout of rows."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from diamonds.dataset.hashing import CHUNK_ROWS, Words, hashes, in_chunks
from diamonds.dataset.split import Codes, Measures
from diamonds.diamond import COLUMNS, DIMENSIONS, grade_dtype
from diamonds.grades import GRADES, STORED

if TYPE_CHECKING:
    import pandas as pd

Positions = npt.NDArray[np.intp]
Days = npt.NDArray[np.int64]
Dtypes = Mapping[str, "pd.CategoricalDtype"]

UNKNOWN_DAY = np.iinfo(np.int64).min
"""Stands for a date that is not known, as in numpy."""

_MEASURES = tuple(name for name in COLUMNS if name not in GRADES)
_OPTIONAL = ("depth", "table", *DIMENSIONS)


def without_copies(measures: Measures, codes: Codes, days: Days | None) -> tuple[Positions, str]:
    """The positions of all rows but copies in the order of their hashes, and the fingerprint of these.

    ``days`` are the dates of sale as days since 1970, None where no table has any: with them, a stone that
    was sold twice is two rows.

    The fingerprint is 16 hexadecimal digits. Rows of equal 64-bit hashes are copies of one stone if any of
    its dimensions, depth and table is known. Without, different stones often look the same: no row is a copy.
    Among ten million different rows the chance that two are mistaken for copies is 3 in a million.
    """
    rows = in_chunks(len(measures["carat"]), lambda part: _row_hashes(measures, codes, days, part))
    order = np.argsort(rows)
    ordered = rows[order]
    distinct = np.logical_and.reduce([np.isnan(measures[name]) for name in _OPTIONAL])[order]
    distinct[:1] = True
    distinct[1:] |= ordered[1:] != ordered[:-1]
    return order[distinct], hashlib.sha256(ordered[distinct].astype("<u8").data).hexdigest()[:16]


def _row_hashes(measures: Measures, codes: Codes, days: Days | None, part: slice) -> Words:
    grades = np.zeros(len(codes["cut"][part]), dtype=np.uint64)
    for name in GRADES:
        grades = (grades << np.uint64(8)) | codes[name][part].astype(np.uint64)
    dates = [] if days is None else [days[part].view(np.uint64)]
    return hashes([grades, *(measures[name][part].view(np.uint64) for name in _MEASURES), *dates])


def columns_of(stones: pl.DataFrame) -> tuple[Measures, Codes]:
    """The columns as arrays: measures and price with NaN where unknown, grades as their codes."""
    arrays = _of_each(len(stones), lambda name: stones[name].fill_null(np.nan).to_numpy(), _MEASURES)
    return dict(zip(_MEASURES, arrays, strict=True)), {
        name: stones[name].to_physical().to_numpy() for name in GRADES
    }


def _of_each(rows: int, function: Callable[..., Any], *columns: Iterable[Any]) -> list[Any]:
    """What the function makes of each column, on all cores where the columns have many rows."""
    if rows <= CHUNK_ROWS:
        return list(map(function, *columns))
    with ThreadPoolExecutor() as pool:
        return list(pool.map(function, *columns))


def dtypes_of(codes: Codes, rows: Positions) -> Dtypes:
    """The categories of each column of grades: the classic ones, and others that any of these stones has."""
    dtypes = {}
    for name, grades in GRADES.items():
        used = codes[name][rows]
        others = np.unique(used[used >= len(grades)])
        dtypes[name] = grade_dtype(name, [STORED[name][code] for code in others])
    return dtypes


def _places(column: str, dtype: "pd.CategoricalDtype") -> npt.NDArray[np.int8]:
    """The place among the categories of each grade of ``STORED``, -1 where it is none of them."""
    places = {grade: place for place, grade in enumerate(dtype.categories)}
    return np.array([places.get(grade, -1) for grade in STORED[column]], dtype=np.int8)


def days_of(stones: pl.DataFrame) -> Days | None:
    """The dates of sale as days since 1970; None if no stone has one."""
    if "sold_at" not in stones.columns or stones["sold_at"].null_count() == len(stones):
        return None
    return stones["sold_at"].cast(pl.Int64).fill_null(UNKNOWN_DAY).to_numpy()


def frame_at(
    measures: Measures, codes: Codes, days: Days | None, rows: Positions, dtypes: Dtypes
) -> "pd.DataFrame":
    """The stones at these positions as a frame, columns ``COLUMNS``, and ``sold_at`` where dates are known.

    Grades are ordered categories as ``dtypes_of`` has them, unknown measures NaN, unknown dates NaT.
    """
    import pandas as pd

    block = np.empty((len(_MEASURES), len(rows)))  # the layout that pandas takes over without copying
    _of_each(len(rows), lambda name, row: measures[name].take(rows, out=row, mode="clip"), _MEASURES, block)
    frame = pd.DataFrame(block.T, columns=list(_MEASURES), copy=False)
    for name in GRADES:
        places = _places(name, dtypes[name])[codes[name][rows]]
        grades = pd.Categorical.from_codes(places, dtype=dtypes[name])
        frame.insert(COLUMNS.index(name), name, pd.Series(grades))
    if days is not None:
        frame["sold_at"] = days[rows].astype("datetime64[D]").astype("datetime64[ms]")
    return frame
