"""Runs the small recorded API in a real server, and reads the exchanges that it recorded."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from diamonds.database import migrate
from diamonds.exchanges import Exchange, exchange
from tests.processes import free_port, process, wait_until

SERVER = ["-m", "uvicorn", "tests.bento_service.recorded_app:app", "--loop", "uvloop"]
CONNECTIONS = ["--http", "bento_service.connections:Connection"]


@contextmanager
def serving(log: Path, environment: Mapping[str, str], *, workers: int = 1) -> Iterator[str]:
    """The URL of the API; the server is stopped as a redeploy stops it."""
    migrate()  # so that reading does not come too early
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = ["--port", str(port), "--workers", str(workers), "--log-level", "critical", "--no-access-log"]
    with process([sys.executable, *SERVER, *CONNECTIONS, *options], log, environment, until=f"{url}/readyz"):
        yield url


def recorded(id: str | UUID) -> Exchange:  # noqa: A002 - the column's name
    """The exchange, as soon as it has been shipped with its outcome."""

    def shipped() -> list[Exchange]:
        one = exchange(UUID(str(id)))
        return [one] if one is not None and one.duration_ms is not None else []

    (one,) = wait_until(shipped)
    return one
