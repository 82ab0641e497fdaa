"""Times calls, and prints the median and the 99th percentile of their durations."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def timed(call: Callable[[], object]) -> float:
    """The duration of one call, in seconds."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def timed_each(call: Callable[[Item], object], items: Iterable[Item]) -> list[float]:
    """The durations of the calls with each item, in seconds."""
    return [timed(lambda item=item: call(item)) for item in items]  # type: ignore[misc]


def print_durations(label: str, seconds: Sequence[float]) -> None:
    median, p99 = np.quantile(seconds, [0.5, 0.99]).tolist()
    print(f"{label:<34} median {median * 1e6:>12,.1f} us   p99 {p99 * 1e6:>12,.1f} us")
