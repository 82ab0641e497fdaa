"""Starts the service the way a user does, on a free port, and stops it."""

import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from diamonds.settings import PROJECT, settings
from diamonds.stack.environment import SERVICE_DEFAULTS
from tests.processes import free_port, process


@dataclass(frozen=True, slots=True)
class Running:
    """A running service: where it answers, what it wrote to its log, and the key of its home folder."""

    url: str
    log: Path
    key: str

    def client(self) -> httpx.Client:
        """A client with all scopes."""
        return httpx.Client(base_url=self.url, timeout=60, headers=bearer(self.key))

    def stranger(self) -> httpx.Client:
        """A client without a key."""
        return httpx.Client(base_url=self.url, timeout=60)


def bearer(key: str) -> dict[str, str]:
    """The header of a request with this key."""
    return {"Authorization": f"Bearer {key}"}


@contextmanager
def serving(
    log: Path,
    *,
    folder: Path = PROJECT,
    environment: Mapping[str, str] | None = None,
    until: str = "/livez",
    host: str = "127.0.0.1",
) -> Iterator[Running]:
    """The service of ``folder`` by ``bentoml serve``, once it answers ``until`` with 200."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    where = ["--host", host, "--port", str(port)]
    command = [sys.executable, "-m", "bentoml", "serve", str(folder), *where]
    with process(command, log, environment, folder=folder, until=url + until):
        yield Running(url, log, _key(environment))


@contextmanager
def worker_serving(
    log: Path, *, environment: Mapping[str, str] | None = None, until: str = "/livez"
) -> Iterator[Running]:
    """The service as ``diamonds run`` starts it: a worker, with half the work of ``bentoml serve``."""
    metrics = log.with_name(f"{log.name}-metrics")
    metrics.mkdir()
    variables = {**SERVICE_DEFAULTS, "PROMETHEUS_MULTIPROC_DIR": str(metrics), **(environment or {})}
    with socket.create_server(("127.0.0.1", free_port())) as listener:
        file, port = listener.fileno(), listener.getsockname()[1]
        command, url = (
            [sys.executable, "-m", "bento_service.worker", str(file), "1"],
            f"http://127.0.0.1:{port}",
        )
        with process(command, log, variables, until=url + until, files=[file]):
            yield Running(url, log, _key(environment))


def _key(environment: Mapping[str, str] | None) -> str:
    home = (environment or {}).get("DIAMONDS_HOME") or settings().home
    return (Path(home) / "admin.key").read_text()
