"""What a process may use, by the files of cgroups that Linux shows."""

import math
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from diamonds.resources import cores, memory_bytes

OLDER = "5:memory:/docker/1c2d\n4:cpu,cpuacct:/docker/1c2d\n0::/\n"
GB = 10**9


def root_with(folder: Path, files: Mapping[str, str]) -> Path:
    """A root of a file system that has these files."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, math.inf),
        ({"proc/self/cgroup": "0::/\n"}, math.inf),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, math.inf),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "90000 100000\n"}, 1),
        ({"proc/self/cgroup": OLDER, "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n"}, math.inf),
        (
            {
                "proc/self/cgroup": OLDER,
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            1,
        ),
    ],
)
def test_no_more_cores_are_used_than_a_container_gets(
    tmp_path: Path, files: Mapping[str, str], expected: float
) -> None:
    assert cores(root_with(tmp_path, files)) == min(cores(tmp_path / "none"), expected)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, math.inf),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, math.inf),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": f"{GB}\n"}, GB),
        ({"proc/self/cgroup": OLDER, "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GB}\n"}, GB),
        (
            {
                "proc/self/cgroup": OLDER,
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",  # none
            },
            math.inf,
        ),
        (
            {
                "proc/self/cgroup": "0::/system.slice/diamonds.service\n",
                "sys/fs/cgroup/system.slice/memory.max": f"{GB}\n",
                "sys/fs/cgroup/system.slice/diamonds.service/memory.max": f"{GB // 2}\n",
            },
            GB // 2,
        ),
        (
            {
                "proc/self/cgroup": "0::/system.slice/diamonds.service\n",
                "sys/fs/cgroup/system.slice/memory.max": f"{GB // 2}\n",
                "sys/fs/cgroup/system.slice/diamonds.service/memory.max": f"{GB}\n",
            },
            GB // 2,
        ),
    ],
)
def test_no_more_memory_is_counted_on_than_a_container_gets(
    tmp_path: Path, files: Mapping[str, str], expected: float
) -> None:
    assert memory_bytes(root_with(tmp_path, files)) == min(psutil.virtual_memory().total, expected)
