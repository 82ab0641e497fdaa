"""Flushes a file to its disk, by the surest means that the system has."""

import fcntl
import os

# macOS has no fdatasync, and its fsync leaves what was written in the memory of the disk itself.
_FULL_FLUSH: int | None = getattr(fcntl, "F_FULLFSYNC", None)


def flush(file: int) -> None:
    """Makes what was written to a file safe from a power cut; raises OSError when the disk fails."""
    if _FULL_FLUSH is not None:
        try:
            fcntl.fcntl(file, _FULL_FLUSH)
        except OSError:  # a file system, such as one of the network, that does not know it
            os.fsync(file)
    elif hasattr(os, "fdatasync"):
        os.fdatasync(file)
    else:
        os.fsync(file)
