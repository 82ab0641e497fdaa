"""Judges a model on stones whose prices are known: its errors, and the time of its quotes.

Needs numpy alone, so that models in other environments are judged in the same way.
"""

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Predict = Callable[[Floats], Floats]

MANY = 1024


def judged(predict: Predict, matrix: Floats, price_usd: Floats) -> list[float]:
    """MAE and RMSE in USD, R2, and microseconds for a quote: one alone, and one of 1,024."""
    error = predict(matrix) - price_usd
    r2 = 1 - (error**2).sum() / ((price_usd - price_usd.mean()) ** 2).sum()
    many = np.resize(matrix, (MANY, matrix.shape[1]))
    times = [_microseconds(predict, matrix[:1], 50), _microseconds(predict, many, 5)]
    return [float(np.abs(error).mean()), float(np.sqrt((error**2).mean())), float(r2), *times]


def _microseconds(predict: Predict, matrix: Floats, times: int) -> float:
    """The shortest time of a stone: other load of the machine only makes it longer."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        predict(matrix)
        taken.append(time.perf_counter() - start)
    return min(taken) * 1e6 / len(matrix)
