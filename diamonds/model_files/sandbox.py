"""Restricts this process before it loads a file from elsewhere: no network, no programs, few resources.

The limits and the missing network hold for native code too; what is refused by an audit hook, for Python's.
"""

import ctypes
import os
import resource
import sys
from pathlib import Path

from diamonds.model_files.archive import MOST_BYTES

_PROCESSOR_SECONDS = 50
_MEMORY_BYTES = 6 * 1024**3
_OPEN_FILES = 256
_LIMITS = (
    ("memory", "RLIMIT_AS", _MEMORY_BYTES),
    ("processor time", "RLIMIT_CPU", _PROCESSOR_SECONDS),
    ("sizes of files", "RLIMIT_FSIZE", MOST_BYTES + 1024**2),
    ("open files", "RLIMIT_NOFILE", _OPEN_FILES),
    ("core dumps", "RLIMIT_CORE", 0),
)
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000  # of unshare(2); `os.unshare` comes with Python 3.12
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_REFUSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pty.", "pickle.")


def limit_resources() -> list[str]:
    """Limits memory, processor time, the size of written files and their number; no core dumps.

    Returns what the system does not let itself be limited, in words, such as the memory on macOS.
    """
    return [name for name, kind, limit in _LIMITS if not _limit(kind, limit)]


def _limit(kind: str, limit: int) -> bool:
    """Whether the system has such a limit and takes it."""
    number = getattr(resource, kind, None)
    if number is None:
        return False
    _, hard = resource.getrlimit(number)
    least = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    try:
        resource.setrlimit(number, (least, least))
    except (OSError, ValueError):  # less than what is in use already, as Python says it of macOS
        return False
    return True


def leave_network() -> bool:
    """Leaves the network for an empty one of its own, where the system allows that; returns whether it did.

    Linux allows it to root, and to others where users may have namespaces of their own.
    """
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    return unshare is not None and any(
        unshare(flags) == 0 for flags in (_NEW_NETWORK, _NEW_NETWORK | _NEW_USER)
    )


def refuse_side_effects(folder: Path) -> None:
    """Makes it an error to connect, to start programs, to unpickle, and to write outside of ``folder``."""
    inside = f"{folder.resolve()}{os.sep}"

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_REFUSED):
            raise PermissionError(f"it tried {event}, which no version does")
        if event == "open" and _writes_outside(inside, *arguments):
            raise PermissionError("it tried to write outside its folder")

    sys.addaudithook(refuse)


def _writes_outside(inside: str, path: object, _mode: object, flags: object) -> bool:
    writes = isinstance(flags, int) and bool(flags & _WRITING)
    if not writes or not isinstance(path, str | bytes | os.PathLike):
        return False
    return not os.path.realpath(os.fsdecode(path)).startswith((inside, os.devnull))
