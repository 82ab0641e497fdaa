"""Starts the parts of a Dask cluster on this machine, each as a process of its own."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
from distributed import Client

from tests.processes import process

_DASK = [sys.executable, "-m", "dask"]
_ONE_PROCESS = ["--nthreads", "1", "--no-nanny", "--no-dashboard"]


def scheduler(port: int, log: Path) -> AbstractContextManager[None]:
    """A scheduler on a port of the loopback address."""
    return process([*_DASK, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"], log)


@contextmanager
def worker(
    address: str, home: Path, environment: Mapping[str, str], *options: str, core: int | None = None
) -> Iterator[None]:
    """A worker with a model store of its own in ``home``, where its log is as well; it may have one core."""
    (home / "models").mkdir(parents=True, exist_ok=True)
    own = {"BENTOML_HOME": str(home), "DIAMONDS_HOME": os.environ["DIAMONDS_HOME"]}
    where = [] if core is None else ["taskset", "-c", str(core)]
    command = [*where, *_DASK, "worker", address, *_ONE_PROCESS, *options]
    with process(command, home / "log", {**environment, **own}):
        yield


def kill(part: str, port: int) -> None:
    """Kills the scheduler or the workers of a port, as a power cut would."""
    for child in psutil.Process().children():
        command = child.cmdline()
        if part in command and str(port) in " ".join(command):
            child.kill()
            child.wait()


def wait_for_workers(address: str, number: int) -> None:
    """Returns once the cluster has so many workers."""
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(number, timeout=120)
