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
_ATTEMPTS = 5


def lower_priority(pid: int) -> None:
    """Raises the niceness of a process to 10: where all processors are busy, it still gets a tenth of one.

    Where the system has no priorities, or lets nobody lower them, a line in the log is all that happens.
    """
    if not hasattr(os, "setpriority"):
        logger.info("This system has no priorities: shipping takes as much of the processors as serving.")
        return
    try:
        niceness = max(os.getpriority(os.PRIO_PROCESS, pid), _NICENESS)
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
        autogroup = Path(f"/proc/{pid}/autogroup")  # Linux weighs sessions first, see sched(7)
        if autogroup.exists():
            _write_with_retries(autogroup, str(niceness))
    except OSError as problem:
        logger.info("The priority of process %s cannot be lowered: %s", pid, problem)


def lower_server_priority(connection: Any) -> None:
    """Lowers the priority of a connection's server process, where the server runs on this machine."""
    info = connection.info
    if (info.host or "").startswith("/"):
        with suppress(psutil.Error):  # it has ended, or the system does not show it
            server = psutil.Process(info.backend_pid)
            if server.name() == "postgres":
                lower_priority(server.pid)


def _write_with_retries(file: Path, text: str) -> None:
    """The kernel accepts ten such writes a second, from all processes together."""
    for _ in range(_ATTEMPTS):
        with suppress(BlockingIOError):
            file.write_text(text)
            return
        time.sleep(0.1)
