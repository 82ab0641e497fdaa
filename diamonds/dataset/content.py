"""What a set of cleaned stones is, apart from the order and layout that it came in."""

import hashlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl

from diamonds.dataset.hashing import hashes
from diamonds.dataset.split import Codes, Measures
from diamonds.diamond import COLUMNS, DIMENSIONS, GRADES

Places = npt.NDArray[np.intp]

_MEASURES = tuple(name for name in COLUMNS if name not in GRADES)
_TELLING = ("depth", "table", *DIMENSIONS)


def by_content(measures: Measures, codes: Codes) -> tuple[Places, str]:
    """The places of all rows but copies in the order of their hashes, and the fingerprint of these.

    The fingerprint is 16 hexadecimal digits. Rows of equal 64-bit hashes are copies of one stone if any of
    its dimensions, depth and table is known; without, different stones often look the same, and all are kept.
    Among ten million different rows the chance that two are mistaken for copies is 3 in a million.
    """
    grades = np.zeros(len(codes["cut"]), dtype=np.uint32)
    for name in GRADES:
        grades = (grades << np.uint32(8)) | codes[name].astype(np.uint32)
    rows = hashes([grades.astype(np.uint64), *(measures[name].view(np.uint64) for name in _MEASURES)])
    order = np.argsort(rows)
    ordered = rows[order]
    kept = np.logical_and.reduce([np.isnan(measures[name]) for name in _TELLING])[order]
    kept[:1] = True
    kept[1:] |= ordered[1:] != ordered[:-1]
    return order[kept], hashlib.sha256(ordered[kept].astype("<u8").data).hexdigest()[:16]


def columns_of(stones: pl.DataFrame) -> tuple[Measures, Codes]:
    """The bare columns: measures and price with NaN where unknown, grades as places on their scale."""
    with ThreadPoolExecutor() as pool:
        arrays = pool.map(lambda name: stones[name].fill_null(np.nan).to_numpy(), _MEASURES)
        measures = dict(zip(_MEASURES, arrays, strict=True))
    return measures, {name: stones[name].to_physical().to_numpy() for name in GRADES}


def frame_at(measures: Measures, codes: Codes, places: Places) -> pd.DataFrame:
    """The stones at these places for scikit-learn and its kin, columns ``COLUMNS``: grades as ordered
    categories, unknown measures NaN."""
    block = np.empty((len(_MEASURES), len(places)))  # the layout that pandas keeps without copying
    with ThreadPoolExecutor() as pool:
        deque(pool.map(lambda name, row: measures[name].take(places, out=row, mode="clip"), _MEASURES, block))
    frame = pd.DataFrame(block.T, columns=list(_MEASURES), copy=False)
    for name in GRADES:
        frame[name] = _categorical(name, codes[name][places])
    return frame[list(COLUMNS)]


def _categorical(name: str, codes: npt.NDArray[np.integer]) -> pd.Categorical:
    scale = pd.CategoricalDtype(list(GRADES[name]), ordered=True)
    return pd.Categorical.from_codes(codes.astype(np.int8), dtype=scale)
