"""Starts the small recorded API as a real server, and reads back what was recorded of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

import httpx

from diamonds.database import migrate
from diamonds.exchanges import Exchange, exchange
from tests.bento_service.serving import free_port

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
        eventually(lambda: answers(url), within_s=30)
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
    found: list[Exchange] = []

    def there() -> bool:
        one = exchange(UUID(str(id)))
        if one is not None and one.duration_ms is not None:
            found.append(one)
        return bool(found)

    eventually(there, within_s=15)
    return found[0]


def eventually(true: Callable[[], bool], *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(0.02)
