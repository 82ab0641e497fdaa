"""Features derived from a stone, for training and serving alike."""

import numpy as np
import pandas as pd

from diamonds.diamond import FEATURES

# Medians over the cleaned stones of data/diamonds.csv: x / carat ** (1/3) in mm, depth and table in percent.
WIDTH_OF_ONE_CARAT_MM = 6.43
USUAL_DEPTH_PERCENT = 61.8
USUAL_TABLE_PERCENT = 57.0


def completed(stones: pd.DataFrame) -> pd.DataFrame:
    """The stones with columns ``FEATURES`` and unknown measures filled in as usual for the weight.

    The weight of a stone grows with the cube of its size; depth is defined as 2 z / (x + y).
    """
    frame = stones[list(FEATURES)].copy()
    width = WIDTH_OF_ONE_CARAT_MM * np.cbrt(frame["carat"])
    frame["x"] = frame["x"].fillna(frame["y"]).fillna(width)
    frame["y"] = frame["y"].fillna(frame["x"])
    across = frame["x"] + frame["y"]
    frame["depth"] = frame["depth"].fillna(200 * frame["z"] / across).fillna(USUAL_DEPTH_PERCENT)
    frame["table"] = frame["table"].fillna(USUAL_TABLE_PERCENT)
    frame["z"] = frame["z"].fillna(frame["depth"] * across / 200)
    return frame
