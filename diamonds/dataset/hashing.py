"""Hashes rows to 64 bits, to the same numbers under every version of every library.

Each word of a row is mixed in by the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
CHUNK_ROWS = 1 << 16
"""Number of rows whose intermediate results stay in the processor's cache; fewer are not worth threads."""


def in_chunks(rows: int, hashes_of: Callable[[slice], Words]) -> Words:
    """The hashes of all rows, computed by ``hashes_of`` for a chunk of rows at a time on all cores."""
    if rows <= CHUNK_ROWS:
        return hashes_of(slice(rows))
    result = np.empty(rows, dtype=np.uint64)

    def fill(start: int) -> None:
        chunk = slice(start, start + CHUNK_ROWS)
        result[chunk] = hashes_of(chunk)

    with ThreadPoolExecutor() as pool:  # numpy lets go of the interpreter while it computes
        deque(pool.map(fill, range(0, rows, CHUNK_ROWS)))
    return result


def hashes(columns: Sequence[Words], salt: int = 0) -> Words:
    """One hash per row of columns of equal length (rows,), which depends on the order of the columns.

    Hashes of different ``salt`` are unrelated.
    """
    state = np.full(len(columns[0]), salt, dtype=np.uint64)
    scratch = np.empty_like(state)
    for column in columns:
        _mix_in(state, column, scratch)
    return state


def _mix_in(state: Words, words: Words, scratch: Words) -> None:
    state ^= words
    state += _GOLDEN
    for shift, factor in ((np.uint64(30), _FIRST), (np.uint64(27), _SECOND)):
        np.right_shift(state, shift, out=scratch)
        state ^= scratch
        state *= factor
    np.right_shift(state, np.uint64(31), out=scratch)
    state ^= scratch
