"""Turns SIGTERM into an exception, so that a command cleans up after itself as it does after Ctrl-C."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

TERMINATED = 128 + signal.SIGTERM
"""Exit code of a command that SIGTERM ended, as shells report it."""


@contextmanager
def leaving_on_sigterm() -> Iterator[None]:
    """Turns SIGTERM into ``SystemExit`` while open."""
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(TERMINATED)
