"""Starts the real service on a free port and remembers every exchange that a client had with it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from diamonds.settings import PROJECT

SECONDS_TO_START = 90.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One exchange as the client saw it."""

    id: str
    method: str
    path: str
    status: int
    request: bytes
    response: bytes


@dataclass(frozen=True, slots=True)
class Client:
    """Calls the service and keeps what it saw, in order."""

    http: httpx.Client
    seen: list[Seen] = field(default_factory=list)

    def call(self, method: str, url: str, **arguments: object) -> httpx.Response:
        response = self.http.request(method, url, **arguments)  # type: ignore[arg-type] # passed on as given
        self.seen.append(
            Seen(
                id=response.headers["X-Exchange-Id"],
                method=method,
                path=response.request.url.path,
                status=response.status_code,
                request=response.request.content,
                response=response.content,
            )
        )
        return response

    def post(self, url: str, body: object) -> httpx.Response:
        return self.call("POST", url, json=body)

    def get(self, url: str) -> httpx.Response:
        return self.call("GET", url)


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[Client]:
    """A client of ``bentoml serve .`` with these variables added; stopped by SIGTERM at the end."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("bentoml")), "serve", ".", "--port", str(port)]
    service = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **environment})
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            _wait_until_ready(http, service)
            yield Client(http)
    finally:
        service.terminate()
        service.wait(30)


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(http: httpx.Client, service: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if service.poll() is not None:
            raise RuntimeError(f"The service ended with exit code {service.returncode} before it was ready.")
        try:
            if http.get("/readyz").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.2)
    raise TimeoutError(f"The service was not ready within {SECONDS_TO_START:g} seconds.")
