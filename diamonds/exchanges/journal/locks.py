"""Marks journals as owned: by a lock that ends with the processes that hold it, however they end."""

import fcntl
import os
from pathlib import Path

LOCK = "lock"


def create_locked_folder(folder: Path) -> int:
    """Creates a folder that is locked before others can see it, and returns the locked file.

    It is for this user alone, whatever the umask: bodies of requests are in it. The lock lasts until that
    file is closed, also by the processes that inherited it.
    """
    hidden = folder.with_name(f".{folder.name}")
    folder.parent.mkdir(0o700, parents=True, exist_ok=True)
    hidden.mkdir(0o700, exist_ok=True)
    lock = os.open(hidden / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    hidden.rename(folder)
    return lock


def orphans(parent: Path) -> list[tuple[Path, int]]:
    """The journals under ``parent`` whose owners are dead, each with its file that is locked now."""
    locks = ((folder, _lock_orphan(folder)) for folder in sorted(parent.glob("*-*-*-*-*")))
    return [(folder, lock) for folder, lock in locks if lock is not None]


def _lock_orphan(folder: Path) -> int | None:
    """Locks a journal; None where it has an owner."""
    try:
        lock = os.open(folder / LOCK, os.O_RDWR)
    except (FileNotFoundError, NotADirectoryError):
        return None  # another worker has just finished with it, or it is no journal
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
