"""Starts Prefect servers, and has the flows of this process and of those that it starts use one."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import prefect
import pytest
from prefect.context import refresh_global_settings_context
from prefect.events.worker import EventsWorker

from diamonds.settings import PROJECT
from tests.processes import free_port, process

AUTH = "tests:of-the-flows"
DATABASE = "prefect.db"
MIGRATED = PROJECT / ".artifacts" / f"prefect-{prefect.__version__}.db"
"""The database of a server that had just been started: it takes 4 s of a core to make one by migrations."""


@contextmanager
def prefect_server(home: Path, port: int, environment: Mapping[str, str]) -> Iterator[None]:
    """A Prefect server with a database of its own, which the first one of this version migrates for all."""
    server = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    is_known = MIGRATED.exists()
    if is_known:
        shutil.copyfile(MIGRATED, home / DATABASE)
    environment = {**environment, "PREFECT_HOME": str(home)}
    with process(server, home / "server.log", environment, until=f"http://127.0.0.1:{port}/api/health"):
        if not is_known:
            _store_migrated(home / DATABASE)
        yield


def _store_migrated(database: Path) -> None:
    MIGRATED.parent.mkdir(exist_ok=True)
    new = MIGRATED.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(new)) as target:
        source.backup(target)
    new.replace(MIGRATED)


@contextmanager
def serving_prefect(home: Path, more: Mapping[str, str] | None = None) -> Iterator[None]:
    """A server that looks at its triggers every second, and the variables with which it is reached.

    ``more`` are variables of the server.
    """
    port = free_port()
    environment = {
        "PREFECT_SERVER_API_AUTH_STRING": AUTH,
        "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT1S",
        **(more or {}),
    }
    with prefect_server(home, port, environment), _reached_at(f"http://127.0.0.1:{port}/api"):
        yield


@contextmanager
def _reached_at(url: str) -> Iterator[None]:
    """Has this process, all its threads, and the processes that it starts call this server."""
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PREFECT_API_URL", url)
            patch.setenv("PREFECT_API_AUTH_STRING", AUTH)
            refresh_global_settings_context()
            yield
    finally:
        # What sends events stays with its first server: those for the next one would go there, too.
        EventsWorker.drain_all()
        refresh_global_settings_context()
