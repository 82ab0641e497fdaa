"""Finds and ends the processes of a part by a mark in their environment, wherever they have gone.

Process groups and sessions do not suffice: workers and runs start sessions of their own, and lose their
parents when these are killed. The environment is handed down to all of them. Where a system shows nobody the
environments of others, as macOS that of some programs, the session of the part is what is left to go by.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "DIAMONDS_PART"
"""The environment variable that names the home and the part to which a process belongs."""

_KILL_SECONDS = 5


def mark_of(home: Path, part: str = "") -> str:
    """The mark of the processes of a part; without its name the beginning of all marks of the home."""
    return f"{home.resolve()}#{part}"


def marked(beginning: str) -> list[psutil.Process]:
    """All processes whose mark begins so, but for this one."""
    return [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and _mark(process).startswith(beginning)
    ]


def in_session(session: int) -> list[psutil.Process]:
    """All processes of a session, which has the id of the process that began it."""
    return [process for process in psutil.process_iter() if _session(process.pid) == session]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:  # it has ended, or the system does not tell
        return None


def _mark(process: psutil.Process) -> str:
    try:
        return str(process.environ().get(MARK, ""))
    except (psutil.Error, OSError):  # it has ended, or is somebody else's
        return ""


def end(processes: Iterable[psutil.Process], within_s: float) -> None:
    """Asks the processes to end, and kills those that still run after so many seconds."""
    running = [process for process in processes if _sent(process.terminate)]
    _, running = psutil.wait_procs(running, timeout=within_s)
    for process in running:
        _sent(process.kill)
    psutil.wait_procs(running, timeout=_KILL_SECONDS)


def _sent(send: Callable[[], None]) -> bool:
    """Whether the signal reached a process that still runs."""
    with suppress(psutil.NoSuchProcess):
        send()
        return True
    return False


def text_of(process: psutil.Process) -> str:
    """A process by its id and its command, shortened."""
    try:
        command = " ".join(process.cmdline()) or process.name()
    except psutil.Error:
        command = "ended meanwhile"
    return f"process {process.pid} ({command if len(command) <= 80 else command[:77] + '...'})"
