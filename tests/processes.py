"""Other processes: started, waited for, though not for ever, and stopped as a redeploy stops them."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx

from diamonds.settings import PROJECT

T = TypeVar("T")

SECONDS_TO_START = 120.0
SECONDS_TO_STOP = 30.0


@contextmanager
def process(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    *,
    folder: Path = PROJECT,
    until: str | None = None,
) -> Iterator[None]:
    """A command that runs until the end of the context, which begins when the URL ``until`` answers 200."""
    with log.open("wb") as output:
        started = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, env={**os.environ, **(environment or {})}
        )

    def is_up() -> bool:
        assert started.poll() is None, f"It ended with {started.returncode}:\n{log.read_text()}"
        return until is None or answers(until)

    try:
        wait_until(is_up, within_s=SECONDS_TO_START, told=log.read_text)
        yield
    finally:
        started.terminate()
        started.wait(SECONDS_TO_STOP)


def answers(url: str) -> bool:
    """Whether a GET of it is answered with status 200."""
    try:
        return httpx.get(url).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def wait_until(holds: Callable[[], T], *, within_s: float = 60, told: Callable[[], str] = lambda: "") -> T:
    """What ``holds`` gives as soon as that is true; fails with what is ``told`` when it takes too long.

    How long only matters where the product is broken: generous, since machines may be busy.
    """
    deadline = time.monotonic() + within_s
    while not (given := holds()):
        assert time.monotonic() < deadline, f"Not within {within_s} s. {told()}"
        time.sleep(0.02)
    return given


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
