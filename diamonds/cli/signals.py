"""Turns SIGTERM and SIGHUP into an exception: a command cleans up after itself as it does after Ctrl-C."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGHUP)
"""What ends a command: a service manager, and a terminal that is closed."""


@contextmanager
def leaving_on_sigterm() -> Iterator[None]:
    """Turns SIGTERM and SIGHUP into ``SystemExit`` while open, with the exit code that shells report."""
    # Under nohup, a terminal that is closed is none of our business.
    handled = [each for each in SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, _leave) for each in handled}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
