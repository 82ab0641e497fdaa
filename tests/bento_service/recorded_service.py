"""Starts the small recorded API as a real server, and reads back what was recorded of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

import httpx

from diamonds.database import migrate
from diamonds.exchanges import Exchange, exchange
from tests.bento_service.serving import free_port
from tests.waiting import wait_until

SERVER = ["-m", "uvicorn", "tests.bento_service.recorded_app:app", "--loop", "uvloop", "--http", "httptools"]


@contextmanager
def serving(environment: Mapping[str, str], *, workers: int = 1) -> Iterator[str]:
    """The URL of the API, which is stopped as a redeploy stops it."""
    migrate()  # so that reading does not come too early
    port = free_port()
    options = ["--port", str(port), "--workers", str(workers), "--log-level", "critical", "--no-access-log"]
    process = subprocess.Popen(
        [sys.executable, *SERVER, *options], env={**os.environ, **environment}, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(url))
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def recorded(id: str | UUID) -> Exchange:  # noqa: A002 - the column's name
    """The exchange, as soon as it has been shipped and has what became of it."""

    def complete() -> Exchange | None:
        one = exchange(UUID(str(id)))
        return None if one is None or one.duration_ms is None else one

    found = wait_until(complete)
    assert found is not None
    return found
