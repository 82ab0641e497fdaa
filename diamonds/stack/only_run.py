"""Lets one ``diamonds run`` at a time use a home, and ends what a killed one has left there."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from diamonds.owner import check_owner
from diamonds.stack.output import show
from diamonds.stack.processes import end, mark_of, marked, text_of

_SECONDS = 2
"""How long processes of a killed run may take to end by themselves."""


class RunsAlready(RuntimeError):
    """Another ``diamonds run`` uses the home."""


@contextmanager
def only_run(home: Path) -> Iterator[None]:
    """Takes the home for this process alone; raises ``RunsAlready``, with the process that has it,
    and ``ForeignFolder``."""
    check_owner(home)
    home.mkdir(parents=True, exist_ok=True)
    with (home / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunsAlready(_refusal(home)) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _end_leftovers(home)
        yield


def running_pid(home: Path) -> int | None:
    """The process of the ``diamonds run`` that uses the home; None where none does."""
    try:
        with (home / "run.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int((home / "run.lock").read_text() or 0)
    except FileNotFoundError:
        return None
    return None


def _refusal(home: Path) -> str:
    pid = (home / "run.lock").read_text()
    return (
        f"It runs already in {home}, as process {pid}; stop that with: kill {pid}, "
        "or set DIAMONDS_HOME to another folder."
    )


def _end_leftovers(home: Path) -> None:
    left = marked(mark_of(home))
    if left:
        show(f"Ends what an earlier run has left: {', '.join(map(text_of, left))}")
        end(marked(mark_of(home, "guardian")), within_s=0)  # it would end ours as well
        end(marked(mark_of(home)), within_s=_SECONDS)
