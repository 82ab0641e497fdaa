"""Runs calls side by side in threads, one for each core; for calls that let go of Python's lock.

Libraries that start threads of their own want the same cores, and wait for work in busy loops: where speed
counts, tell them not to (``OMP_NUM_THREADS=1``).
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

_helpers = ThreadPoolExecutor(max(CORES - 1, 1), thread_name_prefix="cores")
_of_this_thread = threading.local()


def on_all_cores(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What the calls give, in order; raises what one of them raises.

    The thread that asks works, too. Calls made by calls run one after the other: all cores have work then.
    """
    if CORES == 1 or getattr(_of_this_thread, "works_for_another", False):
        return [call() for call in calls]
    others = [_helpers.submit(_work, call) for call in calls[1:]]
    given = [_work(call) for call in calls[:1]]
    taken = {}
    for place in reversed(range(len(others))):  # helpers begin with the first
        if others[place].cancel():
            taken[place] = _work(calls[place + 1])
    return given + [taken[place] if place in taken else other.result() for place, other in enumerate(others)]


def _work(call: Callable[[], T]) -> T:
    _of_this_thread.works_for_another = True
    try:
        return call()
    finally:
        _of_this_thread.works_for_another = False
