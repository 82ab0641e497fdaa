"""Runs calls in parallel threads, one for each core; for calls that release Python's global lock.

Libraries that start threads of their own compete for the same cores, and wait for work in busy loops: where
speed counts, switch their threads off (``OMP_NUM_THREADS=1``).
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from diamonds.resources import cores

T = TypeVar("T")

CORES = cores()

_pool = ThreadPoolExecutor(max(CORES - 1, 1), thread_name_prefix="cores")
_of_this_thread = threading.local()


def on_all_cores(calls: Sequence[Callable[[], T]]) -> list[T]:
    """The results of the calls, in order; raises what one of them raises.

    The calling thread works, too. Calls made by calls run one after the other: all cores are busy then.
    """
    if CORES == 1 or getattr(_of_this_thread, "runs_a_call", False):
        return [call() for call in calls]
    submitted = [_pool.submit(_run, call) for call in calls[1:]]
    first = [_run(call) for call in calls[:1]]
    run_here = {}
    for place in reversed(range(len(submitted))):  # the pool begins with the first
        if submitted[place].cancel():
            run_here[place] = _run(calls[place + 1])
    return first + [
        run_here[place] if place in run_here else future.result() for place, future in enumerate(submitted)
    ]


def _run(call: Callable[[], T]) -> T:
    _of_this_thread.runs_a_call = True
    try:
        return call()
    finally:
        _of_this_thread.runs_a_call = False
