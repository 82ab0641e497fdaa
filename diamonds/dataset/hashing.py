"""A 64-bit hash of rows that is ours: it gives the same numbers under every version of every library.

Each word of a row is mixed in by the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
"""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_BLOCK = 1 << 14  # rows whose intermediate results stay in the processor's cache
_STRETCH = 64 * _BLOCK  # rows that one thread does at a time


def hashes(columns: Sequence[Words], salt: int = 0) -> Words:
    """One hash per row of columns of equal length (rows,), which depends on the order of the columns.

    Hashes of different ``salt`` are unrelated.
    """
    result = np.full(len(columns[0]), salt, dtype=np.uint64)
    with ThreadPoolExecutor() as pool:  # numpy lets go of the interpreter while it computes
        deque(pool.map(lambda start: _hash_stretch(result, columns, start), range(0, len(result), _STRETCH)))
    return result


def _hash_stretch(result: Words, columns: Sequence[Words], stretch: int) -> None:
    scratch = np.empty(_BLOCK, dtype=np.uint64)
    for start in range(stretch, min(stretch + _STRETCH, len(result)), _BLOCK):
        block = result[start : start + _BLOCK]
        for column in columns:
            _mix_in(block, column[start : start + _BLOCK], scratch[: len(block)])


def _mix_in(state: Words, words: Words, scratch: Words) -> None:
    state ^= words
    state += _GOLDEN
    for shift, factor in ((np.uint64(30), _FIRST), (np.uint64(27), _SECOND)):
        np.right_shift(state, shift, out=scratch)
        state ^= scratch
        state *= factor
    np.right_shift(state, np.uint64(31), out=scratch)
    state ^= scratch
