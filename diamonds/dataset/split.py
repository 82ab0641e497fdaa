"""Decides by a stable hash which stones are held out of all training."""

import numpy as np
import pandas as pd

from diamonds.diamond import DIMENSIONS

HOLD_OUT_SHARE = 0.2


def is_held_out(frame: pd.DataFrame) -> pd.Series:
    """For each row, whether its stone belongs to the hold-out.

    It depends on the stone alone: its weight, color, clarity and its three dimensions in any order, so that
    a stone listed again, also in another orientation (which changes depth, table and cut), stays on its side.
    """
    share = stone_hashes(frame).astype("float64") / 2.0**64
    return pd.Series(share < HOLD_OUT_SHARE, index=frame.index)


def stone_hashes(frame: pd.DataFrame) -> np.ndarray:
    """A 64-bit hash of what identifies each stone, shape (rows,); equal for copies of one stone."""
    dimensions = np.sort(frame[list(DIMENSIONS)].fillna(0.0).to_numpy("float64"), axis=1)
    hundredths = np.column_stack([frame["carat"].to_numpy("float64"), dimensions])
    identity = pd.DataFrame(np.rint(hundredths * 100).astype("int64"))
    identity["color"] = frame["color"].cat.codes.to_numpy("int64")
    identity["clarity"] = frame["clarity"].cat.codes.to_numpy("int64")
    return np.asarray(pd.util.hash_pandas_object(identity, index=False), dtype="uint64")
