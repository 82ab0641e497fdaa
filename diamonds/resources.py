"""The cores and the memory that this process may use: the machine's, or what its container or service gets.

The limits of cgroups: https://docs.kernel.org/admin-guide/cgroup-v2.html and, of the older kind,
https://docs.kernel.org/scheduler/sched-bwc.html and https://docs.kernel.org/admin-guide/cgroup-v1/memory.html.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path

import psutil

_ROOT = Path("/")


def cores(root: Path = _ROOT) -> int:
    """How many cores this process may keep busy, at least 1; ``root`` is the file system's."""
    machine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [_cores(folder) for folder in _groups("cpu", root)]
    return max(1, min([machine, *(math.ceil(quota) for quota in quotas if quota)]))


def memory_bytes(root: Path = _ROOT) -> int:
    """How much memory this process and others of its container may take together."""
    limits = [
        _number(folder / name)
        for folder in _groups("memory", root)
        for name in ("memory.max", "memory.limit_in_bytes")
    ]
    return min([int(psutil.virtual_memory().total), *(limit for limit in limits if limit)])


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """The folders of the groups whose limits apply here: its own, and those around it.

    A container may be shown the path of its group on the host, of which it has only the topmost folder.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:  # another system, or no /proc
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / (controller if controllers else "")
        own = top / path.lstrip("/")
        yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(top))


def _cores(group: Path) -> float | None:
    """The processor time of a group in cores; none where it has no limit."""
    try:
        quota, period = (group / "cpu.max").read_text().split()
    except OSError:
        quota_us, period_us = _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")
        return quota_us / period_us if quota_us and period_us else None
    return None if quota == "max" else int(quota) / int(period)


def _number(file: Path) -> int | None:
    """What a file of a group says; none where there is no limit, or no such file."""
    try:
        number = int(file.read_text())
    except (OSError, ValueError):  # "max"
        return None
    return number if number > 0 else None
