"""Starts the service the way a user does, on a free port, and stops it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from diamonds.settings import PROJECT

_START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Running:
    """A running service: where it answers and what it wrote to its log."""

    url: str
    log: Path

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60)


@contextlib.contextmanager
def serving(
    log: Path, *, folder: Path = PROJECT, environment: Mapping[str, str] | None = None, until: str = "/livez"
) -> Iterator[Running]:
    """The service of ``folder`` by ``bentoml serve``, once it answers ``until`` with 200."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "bentoml",
        "serve",
        str(folder),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
    try:
        running = Running(f"http://127.0.0.1:{port}", log)
        _wait(running, until, process)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(running: Running, path: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(running.url + path).status_code == httpx.codes.OK:
                return
        time.sleep(0.1)
    raise AssertionError(f"The service did not start:\n{running.log.read_text()}")


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
