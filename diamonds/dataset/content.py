"""What a set of cleaned stones is, apart from the order and layout that it came in."""

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl

from diamonds.dataset.hashing import hashes
from diamonds.dataset.split import Codes, Measures
from diamonds.diamond import COLUMNS, GRADES

_MEASURES = tuple(name for name in COLUMNS if name not in GRADES)


def by_content(stones: pl.DataFrame) -> tuple[npt.NDArray[np.intp], str]:
    """The places of the distinct rows in the order of their hashes, and the fingerprint of these.

    The fingerprint is 16 hexadecimal digits. Rows of equal 64-bit hashes count as copies of one another;
    among ten million different rows the chance that any two are mistaken for copies is 3 in a million.
    """
    measures, codes = columns_of(stones)
    grades = np.zeros(len(stones), dtype=np.uint64)
    for name in GRADES:
        grades = (grades << np.uint64(8)) | codes[name].astype(np.uint64)
    rows = hashes([grades, *(measures[name].view(np.uint64) for name in _MEASURES)])
    order = np.argsort(rows)
    ordered = rows[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return order[first], hashlib.sha256(ordered[first].astype("<u8").tobytes()).hexdigest()[:16]


def columns_of(stones: pl.DataFrame) -> tuple[Measures, Codes]:
    """The bare columns: measures and price with NaN where unknown, grades as places on their scale."""
    measures = {name: stones[name].fill_null(np.nan).to_numpy() for name in _MEASURES}
    return measures, {name: stones[name].to_physical().to_numpy() for name in GRADES}


def frame_of_stones(stones: pl.DataFrame) -> pd.DataFrame:
    """The stones for scikit-learn and its kin: columns ``COLUMNS``, ordered categories, NaN for unknown."""
    measures, codes = columns_of(stones)
    columns = {
        name: _categorical(name, codes[name]) if name in GRADES else measures[name] for name in COLUMNS
    }
    return pd.DataFrame(columns)


def _categorical(name: str, codes: npt.NDArray[np.integer]) -> pd.Categorical:
    scale = pd.CategoricalDtype(list(GRADES[name]), ordered=True)
    return pd.Categorical.from_codes(codes.astype(np.int8), dtype=scale)
