"""Whether this system shows which processes run."""

import sys
from pathlib import Path

NOT_SHOWN = "/proc is not mounted, by which processes are found; run: mount -t proc proc /proc"


def are_processes_shown() -> bool:
    """Whether processes can be found: not so on a root of Linux without ``/proc``."""
    return sys.platform != "linux" or Path("/proc/self").exists()
