"""What a set of cleaned stones is, apart from the order and layout that it came in."""

import hashlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl

from diamonds.dataset.hashing import Words, hashes, in_stretches
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
    rows = in_stretches(len(measures["carat"]), lambda part: _row_hashes(measures, codes, part))
    order = np.argsort(rows)
    ordered = rows[order]
    kept = np.logical_and.reduce([np.isnan(measures[name]) for name in _TELLING])[order]
    kept[:1] = True
    kept[1:] |= ordered[1:] != ordered[:-1]
    return order[kept], hashlib.sha256(ordered[kept].astype("<u8").data).hexdigest()[:16]


def _row_hashes(measures: Measures, codes: Codes, part: slice) -> Words:
    grades = np.zeros(len(codes["cut"][part]), dtype=np.uint64)
    for name in GRADES:
        grades = (grades << np.uint64(8)) | codes[name][part].astype(np.uint64)
    return hashes([grades, *(measures[name][part].view(np.uint64) for name in _MEASURES)])


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
        frame.insert(COLUMNS.index(name), name, pd.Series(_categorical(name, codes[name][places])))
    return frame


def _categorical(name: str, codes: npt.NDArray[np.integer]) -> pd.Categorical:
    scale = pd.CategoricalDtype(list(GRADES[name]), ordered=True)
    return pd.Categorical.from_codes(codes.astype(np.int8), dtype=scale)
