"""The embedded Postgres server: started by the first process that uses it, stopped by the last."""

import atexit
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from diamonds.database import postgres
from diamonds.owner import check_owner
from diamonds.process_list import NOT_SHOWN, are_processes_shown

# The file descriptors of this process's locks by folder. The kernel releases them however the process ends,
# so a killed process neither prevents the server from stopping nor the next process from starting it.
_locks: dict[Path, int] = {}
_one_thread = threading.Lock()


def start(folder: Path, driver: str) -> str:
    """Starts the server of ``folder`` unless it runs, and returns its SQLAlchemy URL.

    The server runs until ``release``. Raises ``ConnectionError`` when it does not start, and
    ``ForeignFolder`` where the folder is another user's.
    """
    if not are_processes_shown():
        raise postgres.DidNotStart(f"The embedded Postgres did not start: {NOT_SHOWN}.")
    check_owner(folder.parent)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _forget_other_servers()
    with _one_thread:
        if folder not in _locks:
            _locks[folder] = _shared_lock(folder)
            atexit.register(release, folder)
        with _one_process(folder):
            running = postgres.ensure_running(folder.resolve())
    host = quote(str(running.socket_folder or folder.resolve()), safe="/")
    return f"postgresql+{driver}://{postgres.SUPERUSER}:@:5432/{postgres.SUPERUSER}?host={host}"


def release(folder: Path) -> None:
    """Releases the server of ``folder``; stops it when no other process uses it."""
    lock = _locks.pop(folder, None)
    if lock is None:
        return
    atexit.unregister(release)
    try:
        _stop_if_unused(folder, lock)
    finally:
        os.close(lock)


def stop_if_unused(folder: Path) -> None:
    """Stops the server that killed processes have left running, unless others use it."""
    if not folder.exists():
        return
    lock = _shared_lock(folder)
    try:
        _stop_if_unused(folder, lock)
    finally:
        os.close(lock)


def _stop_if_unused(folder: Path, lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return  # other processes use it
    with _one_process(folder):
        postgres.stop(folder.resolve())


def _shared_lock(folder: Path) -> int:
    lock = _open(folder.with_suffix(".holders"))
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


@contextmanager
def _one_process(folder: Path) -> Iterator[None]:
    """Lets one process at a time start or stop the server."""
    lock = _open(folder.with_suffix(".lock"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _forget_other_servers() -> None:
    """Removes libpq's variables (PGSERVICE, PGPORT ...): they would lead to another server."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
