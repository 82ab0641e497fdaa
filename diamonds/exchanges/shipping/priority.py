"""Lowers the priority of shipping, so that serving comes first where the processors are busy."""

import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

logger = logging.getLogger(__name__)

_NICENESS = 10
_TRIES = 5


def give_way(process: int) -> None:
    """Lets a process have the processor after those that serve; where all are busy, it still gets a tenth."""
    try:
        niceness = max(os.getpriority(os.PRIO_PROCESS, process), _NICENESS)
        os.setpriority(os.PRIO_PROCESS, process, niceness)
        session = Path(f"/proc/{process}/autogroup")  # Linux weighs sessions first, as sched(7) tells
        if session.exists():
            _write_patiently(session, str(niceness))
    except OSError as problem:
        logger.info("Process %s does not give way: %s", process, problem)


def let_server_give_way(connection: Any) -> None:
    """Does so with the process that serves a connection of ours, where the server is on this machine."""
    about = connection.info
    if (about.host or "").startswith("/"):
        with suppress(psutil.NoSuchProcess):
            server = psutil.Process(about.backend_pid)
            if server.name() == "postgres":
                give_way(server.pid)


def _write_patiently(file: Path, text: str) -> None:
    """The kernel takes this ten times a second at most, from all processes together."""
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            file.write_text(text)
            return
        time.sleep(0.1)
