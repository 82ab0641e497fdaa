"""Splits stones into hold-out, report, calibration and folds, all by one hash of what identifies a stone.

| split       | of                       | rule                      | decided by               |
|-------------|--------------------------|---------------------------|--------------------------|
| hold-out    | all stones               | hash < 20% of 2^64        | the highest bits         |
| report      | the hold-out             | (hash >> 24) % 1000 < 250 | all bits from the 24th   |
| calibration | the training stones      | (hash >> 24) % 1000 < 100 | all bits from the 24th   |
| folds       | the stones to learn from | hash % 3                  | all bits, also the first |

The splits are independent of one another: whatever the higher bits are, the bits below them that only the
next rule reads (38 for calibration, 24 for folds) give each of its remainders equally often.

Never change a rule, a share or the hash: stones that stored versions have learned from would be held out.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from diamonds.dataset.hashing import Words, hashes, in_chunks
from diamonds.diamond import DIMENSIONS, grade_codes
from diamonds.grades import GRADES, STORED

if TYPE_CHECKING:
    import pandas as pd

HOLD_OUT_SHARE = 0.2
REPORT_SHARE = 0.25
FEWEST_TO_SHARE = 2000
"""Number of stones of a hold-out below which all of them both decide promotions and are reported on."""
CALIBRATION_SHARE = 0.1
FOLDS = 3

Measures = Mapping[str, npt.NDArray[np.float64]]
"""Columns of measures, NaN where unknown."""
Codes = Mapping[str, npt.NDArray[np.number]]
"""Columns of grades as their places in ``STORED``."""
_STORED_CODES = {
    column: {grade: float(place) for place, grade in enumerate(grades)} for column, grades in STORED.items()
}

_SALT = 14
"""Of 1 to 100 the one whose hold-out of data/diamonds.csv is most like all its stones in share, weight, price
and share of 3 carats or more, chosen without looking at any model."""

_LARGEST = 2.0**21 - 1  # hundredths; far beyond any real measure, and three of them fit in one word


def in_hold_out(stones: Words) -> npt.NDArray[np.bool_]:
    """Whether the stone of each hash belongs to the hold-out: one in five, whatever others there are."""
    return stones < np.uint64(int(HOLD_OUT_SHARE * 2**64))


def in_calibration(stones: Words) -> npt.NDArray[np.bool_]:
    """Whether the training stone of each hash is set apart to calibrate intervals: one in ten."""
    return _lower_share(stones, CALIBRATION_SHARE)


def in_report(stones: Words) -> npt.NDArray[np.bool_]:
    """Whether the hold-out's stone of each hash is in the report, and decides no promotion: one in four."""
    return _lower_share(stones, REPORT_SHARE)


def _lower_share(stones: Words, share: float) -> npt.NDArray[np.bool_]:
    return np.asarray((stones >> np.uint64(24)) % np.uint64(1000) < share * 1000)


def fold_of(stones: Words) -> Words:
    """The fold of cross-validation, 0 to ``FOLDS`` - 1, of the stone of each hash."""
    return stones % np.uint64(FOLDS)


def without_calibration(training: "pd.DataFrame") -> "tuple[pd.DataFrame, pd.DataFrame]":
    """The training stones that models learn from, and those that are set apart for calibration."""
    apart = in_calibration(stone_hashes(training))
    return training[~apart], training[apart]


def without_report(hold_out: "pd.DataFrame") -> "tuple[pd.DataFrame, pd.DataFrame]":
    """The stones of a hold-out on which promotions are decided, and those that are reported on instead.

    Of fewer than ``FEWEST_TO_SHARE`` stones, none can be spared: all of them for both.
    """
    if not _can_share(len(hold_out)):
        return hold_out, hold_out
    reported = in_report(stone_hashes(hold_out))
    return hold_out[~reported], hold_out[reported]


def deciding(hold_out: Words) -> int:
    """The number of stones of a hold-out, by their hashes, on which promotions are decided."""
    return len(hold_out) - int(in_report(hold_out).sum()) * _can_share(len(hold_out))


def _can_share(stones: int) -> bool:
    return stones >= FEWEST_TO_SHARE


def stone_hashes(frame: "pd.DataFrame") -> Words:
    """A 64-bit hash of what identifies each stone, shape (rows,); equal for copies of one stone.

    That is its weight, color, clarity and its dimensions in any order, rounded to hundredths: a stone listed
    again in another orientation has another depth, table or cut. A stone none of whose dimensions is known
    is identified by its cut, depth and table in their place.
    """
    columns = {name: frame[name].to_numpy("float64") for name in ("carat", "depth", "table", *DIMENSIONS)}
    codes = {name: grade_codes(frame, name, _STORED_CODES[name]) for name in GRADES}
    return identities(columns, codes)


def identities(measures: Measures, codes: Codes) -> Words:
    """``stone_hashes`` of bare columns."""
    return in_chunks(len(measures["carat"]), lambda part: _identities(_at(measures, part), _at(codes, part)))


def _at(columns: Mapping[str, np.ndarray], part: slice) -> dict[str, np.ndarray]:
    return {name: values[part] for name, values in columns.items()}


def _identities(measures: Measures, codes: Codes) -> Words:
    small, middle, large = _sorted(*(_hundredths(measures[name]) for name in DIMENSIONS))
    kind = (_word(codes["color"]) << np.uint64(8)) | _word(codes["clarity"])
    unmeasured = large == 0
    if unmeasured.any():
        small = np.where(unmeasured, _hundredths(measures["depth"]), small)
        middle = np.where(unmeasured, _hundredths(measures["table"]), middle)
        kind |= np.where(unmeasured, (_word(codes["cut"]) + np.uint64(1)) << np.uint64(16), np.uint64(0))
    weight = (_hundredths(measures["carat"]) << np.uint64(24)) | kind
    return hashes([weight, (small << np.uint64(42)) | (middle << np.uint64(21)) | large], _SALT)


def _sorted(a: Words, b: Words, c: Words) -> tuple[Words, Words, Words]:
    a, b = np.minimum(a, b), np.maximum(a, b)
    b, c = np.minimum(b, c), np.maximum(b, c)
    return np.minimum(a, b), np.maximum(a, b), c


def _word(codes: npt.NDArray[np.number]) -> Words:
    return codes.astype(np.int8).astype(np.uint8).astype(np.uint64)  # an unknown grade, -1, is 255


def _hundredths(values: npt.NDArray[np.float64]) -> Words:
    rounded = np.rint(values * 100)
    np.clip(rounded, 0, _LARGEST, out=rounded)
    np.copyto(rounded, 0, where=np.isnan(rounded))
    return rounded.astype(np.uint64)
