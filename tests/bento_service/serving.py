"""Starts the service the way a user does, on a free port, and stops it."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from diamonds.settings import PROJECT
from tests.processes import free_port, process


@dataclass(frozen=True, slots=True)
class Running:
    """A running service: where it answers and what it wrote to its log."""

    url: str
    log: Path

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60)


@contextmanager
def serving(
    log: Path, *, folder: Path = PROJECT, environment: Mapping[str, str] | None = None, until: str = "/livez"
) -> Iterator[Running]:
    """The service of ``folder`` by ``bentoml serve``, once it answers ``until`` with 200."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    where = ["--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-m", "bentoml", "serve", str(folder), *where]
    with process(command, log, environment, folder=folder, until=url + until):
        yield Running(url, log)
