"""Finds the Postgres server that runs in a folder by its file ``postmaster.pid``."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_PID, _SOCKET_FOLDER, _STATUS = 0, 4, 7


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A server that runs, or still starts."""

    process: psutil.Process
    socket_folder: Path | None
    is_ready: bool


def running_postmaster(folder: Path) -> Postmaster | None:
    """The server of the folder; None where none runs.

    The file of a server that was killed may name another program by now, even another Postgres.
    """
    try:
        lines = [line.strip() for line in (folder / "postmaster.pid").read_text().splitlines()]
        process = psutil.Process(abs(int(lines[_PID])))
        is_ours = process.name() == "postgres" and _works_in(process, folder)
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return None
    if not is_ours or process.status() == psutil.STATUS_ZOMBIE:
        return None
    sockets = Path(lines[_SOCKET_FOLDER]) if len(lines) > _SOCKET_FOLDER and lines[_SOCKET_FOLDER] else None
    return Postmaster(process, sockets, lines[_STATUS:] == ["ready"])


def orphans(folder: Path) -> list[psutil.Process]:
    """The processes of a server of the folder that was killed, which end by themselves within moments."""
    return [process for process in psutil.process_iter() if _is_orphan(process, folder)]


def _is_orphan(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.NoSuchProcess):
        runs = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
        return runs and _works_in(process, folder)
    return False


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()) == folder
    except psutil.AccessDenied:  # it is somebody else's, or a system shows no folders
        return str(folder) in _command(process)


def _command(process: psutil.Process) -> list[str]:
    """The command of a process; empty where the system does not show it, as macOS those of other users."""
    try:
        return list(process.cmdline())
    except psutil.AccessDenied:
        return []
