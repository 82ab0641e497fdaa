"""Starts ``diamonds run`` as a user does, in a home and on ports of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

from diamonds.stack.ports import PORTS
from tests.processes import free_port, wait_until

SECONDS_TO_START = 600.0
SECONDS_TO_STOP = 60.0
LONGEST_PAUSE_S = 1.0
"""Longest pause between two looks: each of Prefect's server takes a hundredth of a second of a core."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Run:
    """A ``diamonds run`` in a process group of its own, as under a terminal."""

    process: "subprocess.Popen[bytes]"
    home: Path
    ports: dict[str, int]

    @property
    def output(self) -> str:
        return (self.home / "output").read_text()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    @property
    def prefect_auth(self) -> str:
        """The string with which clients of its Prefect authenticate themselves."""
        return (self.home / "diamonds" / "prefect.auth").read_text()

    def descendants(self) -> list[psutil.Process]:
        """Every process that was started by it, also one that has left its parent."""
        return [process for process in psutil.process_iter() if str(self.home) in _environment_of(process)]

    def wait_for(self, condition: Callable[[], T], *, within_s: float = 120) -> T:
        """What the condition returns once it is true; fails when the run ends before."""

        def condition_while_running() -> T:
            assert self.process.poll() is None, f"It ended with {self.process.returncode}:\n{self.output}"
            return condition()

        return wait_until(
            condition_while_running,
            within_s=within_s,
            longest_pause_s=LONGEST_PAUSE_S,
            details=lambda: f"Output:\n{self.output}",
        )

    def wait_until_up(self) -> None:
        self.wait_for(lambda: "diamonds is up" in self.output, within_s=SECONDS_TO_START)

    def stop(self) -> int:
        """The exit code after SIGTERM."""
        self.process.terminate()
        return self.process.wait(SECONDS_TO_STOP)

    def press_ctrl_c(self) -> int:
        """The exit code after SIGINT to everything in the foreground, as a terminal sends it."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(SECONDS_TO_STOP)


def _environment_of(process: psutil.Process) -> str:
    try:
        return f"{process.environ().get('DIAMONDS_HOME')} {process.cmdline()}"
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return ""


def start(home: Path, data: Path, ports: dict[str, int]) -> Run:
    """Starts ``diamonds run``, whose output goes to a file in its home."""
    home.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "DIAMONDS_HOME": str(home / "diamonds"),
        "BENTOML_HOME": str(home / "bentoml"),
        "PREFECT_HOME": str(home / "prefect"),
        "DIAMONDS_DATA": str(data),
        "DIAMONDS_TRIALS": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",  # how soon it sees a new schedule
        **{f"DIAMONDS_{name.upper()}": str(port) for name, port in ports.items()},
    }
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "diamonds", "run"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Run(process, home, ports)


@contextmanager
def running(home: Path, data: Path, ports: dict[str, int]) -> Iterator[Run]:
    """A run that is up; stopped at the end of the context if it still runs."""
    run = start(home, data, ports)
    try:
        run.wait_until_up()
        yield run
    finally:
        run.stop()


def free_ports() -> dict[str, int]:
    """A free port of the loopback address for each setting of a port."""
    return {name: free_port() for name in PORTS}


def is_free(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) != 0
