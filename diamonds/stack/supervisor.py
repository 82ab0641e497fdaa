"""Runs the parts of ``diamonds run`` together, starts each again by itself, and stops them in order."""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from diamonds.stack.announcement import print_addresses, wait_for_prices
from diamonds.stack.environment import environment
from diamonds.stack.keeper import Keeper
from diamonds.stack.output import say
from diamonds.stack.part import Part

_LONGEST_WAIT_S = 30


@contextmanager
def guarded(home: Path, afterwards: Sequence[str]) -> Iterator[None]:
    """While open, the parts end with this process even if it is killed; then the last command runs."""
    command = (sys.executable, "-m", "diamonds.stack.guardian", str(home), *afterwards)
    stopping = threading.Event()
    guardian = Keeper(Part("guardian", command, environment("guardian")), home, stopping)
    guardian.start()
    try:
        yield
    except BaseException:
        stopping.set()
        guardian.finish()  # what has been started may still run
        raise
    stopping.set()
    guardian.stop()


def supervise(parts: Iterable[Part], home: Path, prepare: Callable[[], None] = lambda: None) -> None:
    """Keeps the parts running until Ctrl-C or ``SystemExit``, as signals raise it; stops them in order.

    ``prepare`` is called while the first of them start, and stops them by raising.
    """
    stopping = threading.Event()
    keepers = [Keeper(part, home, stopping) for part in parts]
    try:
        for keeper in keepers:
            if not keeper.part.starts_later:
                keeper.start()
        prepare()
        threading.Thread(target=_start_rest, args=(keepers, stopping), daemon=True).start()
        stopping.wait()
    except (KeyboardInterrupt, SystemExit):
        say("system", "stops")
    finally:
        stopping.set()
        _stop([keeper for keeper in keepers if not keeper.part.ends_last])
        _stop([keeper for keeper in keepers if keeper.part.ends_last])


def _start_rest(keepers: Sequence[Keeper], stopping: threading.Event) -> None:
    """Starts the other parts once prices are quoted, or seem not to be; says where everything is."""
    wait_for_prices(_LONGEST_WAIT_S)
    for keeper in keepers:
        if keeper.part.starts_later and not stopping.is_set():
            keeper.start()
    print_addresses()


def _stop(keepers: Sequence[Keeper]) -> None:
    """Stops these parts at once, and waits for all of them."""
    stops = [threading.Thread(target=keeper.stop) for keeper in keepers]
    for stop in stops:
        stop.start()
    for stop in stops:
        stop.join()
