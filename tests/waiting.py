"""What happens in another process is waited for, and not for ever."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(holds: Callable[[], T], *, within_s: float = 60, told: Callable[[], str] = lambda: "") -> T:
    """What ``holds`` gives as soon as that is true; fails with what is ``told`` when it takes too long.

    How long only matters where the product is broken: generous, since machines may be busy.
    """
    deadline = time.monotonic() + within_s
    while not (given := holds()):
        assert time.monotonic() < deadline, f"Not within {within_s} s. {told()}"
        time.sleep(0.02)
    return given
