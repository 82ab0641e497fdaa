"""Starts the small recorded API as a real server, and reads back what was recorded of it."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from diamonds.database import migrate
from diamonds.exchanges import Exchange, exchange
from tests.processes import free_port, process, wait_until

SERVER = ["-m", "uvicorn", "tests.bento_service.recorded_app:app", "--loop", "uvloop", "--http", "httptools"]


@contextmanager
def serving(log: Path, environment: Mapping[str, str], *, workers: int = 1) -> Iterator[str]:
    """The URL of the API, which is stopped as a redeploy stops it."""
    migrate()  # so that reading does not come too early
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = ["--port", str(port), "--workers", str(workers), "--log-level", "critical", "--no-access-log"]
    with process([sys.executable, *SERVER, *options], log, environment, until=f"{url}/readyz"):
        yield url


def recorded(id: str | UUID) -> Exchange:  # noqa: A002 - the column's name
    """The exchange, as soon as it has been shipped and has what became of it."""

    def complete() -> Exchange | None:
        one = exchange(UUID(str(id)))
        return None if one is None or one.duration_ms is None else one

    found = wait_until(complete)
    assert found is not None
    return found
