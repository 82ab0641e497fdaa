"""Finds the stones of the training data that are most like a given one."""

import numpy as np
import pandas as pd

from diamonds.diamond import GRADES, GradedWeight


class SimilarStones:
    """An index of stones by cut, color and clarity, each group in the order of weight."""

    def __init__(self, stones: pd.DataFrame) -> None:
        ordered = stones.sort_values(["carat", "price"], kind="stable")
        groups = ordered.groupby(list(GRADES), observed=True, sort=False)
        self._groups = {key: group.reset_index(drop=True) for key, group in groups}

    def nearest(self, stone: GradedWeight, n: int) -> tuple[pd.DataFrame, int]:
        """The ``n`` stones of the same grades nearest in weight, and how many have these grades.

        Nearest first; of equally near ones the lighter, then the cheaper. Fewer rows where fewer exist.
        """
        group = self._groups.get((stone.cut, stone.color, stone.clarity))
        if group is None:
            return pd.DataFrame(), 0
        weights = group["carat"].to_numpy()
        window = group.iloc[_window(weights, stone.carat, n)]
        # Rounding makes 0.5 - 0.4 and 0.6 - 0.5 the tie that they are in decimal carats.
        distance = np.round(np.abs(window["carat"].to_numpy() - stone.carat), 9)
        return window.iloc[np.argsort(distance, kind="stable")[:n]], len(group)


def _window(weights: np.ndarray, carat: float, n: int) -> slice:
    """A stretch of the sorted weights that holds the ``n`` nearest, all ties at its start included."""
    here = int(np.searchsorted(weights, carat))
    start = max(here - n, 0)
    return slice(int(np.searchsorted(weights, weights[start])) if start < here else start, here + n)
