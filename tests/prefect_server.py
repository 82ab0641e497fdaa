"""Starts a Prefect server for the flows of this process and of the processes that it starts."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from prefect.context import refresh_global_settings_context
from prefect.events.worker import EventsWorker

from tests.processes import free_port, process

AUTH = "tests:of-the-flows"


@contextmanager
def serving_prefect(home: Path, more: Mapping[str, str] | None = None) -> Iterator[None]:
    """A server that looks at its triggers every second, and the variables with which it is reached.

    ``more`` are variables of the server.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    server = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    environment = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_API_AUTH_STRING": AUTH,
        "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT1S",
        **(more or {}),
    }
    with process(server, home / "server.log", environment, until=f"{url}/health"), _reached_at(url):
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
