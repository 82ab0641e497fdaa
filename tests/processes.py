"""Starts processes, waits for them with a deadline, and stops them with SIGTERM."""

import os
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import httpx
import psutil

from diamonds.settings import PROJECT

T = TypeVar("T")

SECONDS_TO_START = 240.0
SECONDS_TO_STOP = 60.0
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.1
BELOW_THOSE_OF_CONNECTIONS = range(10_000, 32_768)
RANDOM = random.SystemRandom()  # tests that run at the same time, seeded alike, want different ports
_given: set[int] = set()


@contextmanager
def process(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    *,
    folder: Path = PROJECT,
    until: str | None = None,
    files: Sequence[int] = (),
) -> Iterator[None]:
    """Runs a command within the context, which begins when the URL ``until`` answers with status 200.

    It inherits the open ``files``.
    """
    with log.open("wb") as output:
        started = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            pass_fds=files,
        )

    def is_up(client: httpx.Client) -> bool:
        assert started.poll() is None, f"It ended with {started.returncode}:\n{log.read_text()}"
        return until is None or answers(until, client)

    try:
        with httpx.Client() as client:  # a new one for each try would take as much of a core as the process
            wait_until(lambda: is_up(client), within_s=SECONDS_TO_START, details=log.read_text)
        yield
    finally:
        started.terminate()
        try:
            started.wait(SECONDS_TO_STOP)
        finally:
            started.kill()  # what does not stop fails this test, and is in no other one's way


def answers(url: str, client: httpx.Client) -> bool:
    """Whether a GET of the URL is answered with status 200."""
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def wait_until(
    condition: Callable[[], T],
    *,
    within_s: float = 120,
    longest_pause_s: float = LONGEST_PAUSE_S,
    details: Callable[[], str] = lambda: "",
) -> T:
    """Polls ``condition`` and returns its first true value; fails with ``details`` after the deadline.

    The deadline is generous, since machines may be busy, and reached only when the product is broken.
    Pauses grow, so that a long wait leaves the machine to what is waited for.
    """
    deadline, pause_s = time.monotonic() + within_s, SHORTEST_PAUSE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, f"Not within {within_s} s. {details()}"
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.2, longest_pause_s)
    return value


def free_port() -> int:
    """A port of the loopback address that nobody listens on; each is given once.

    No connection is given it by chance until it is used, or while its server is away.
    """
    while True:
        port = RANDOM.choice(BELOW_THOSE_OF_CONNECTIONS)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as attempt, suppress(OSError):
        attempt.bind(("127.0.0.1", port))
        return True
    return False


def training_processes(parent: int) -> list[psutil.Process]:
    """The process that is copied to train for this one, and its copies."""
    children = psutil.Process(parent).children(recursive=True)
    return [child for child in children if "forkserver" in " ".join(child.cmdline())]
