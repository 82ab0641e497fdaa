"""Measures how much of the disks models, datasets, journals, uploads and databases take, and what is free."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from diamonds.settings import settings
from diamonds.stack.user_folders import existing
from diamonds.versions.names import DATASET, PREFIX, SHARED_FILES
from diamonds.versions.presence import models_folder


@dataclass(frozen=True, slots=True)
class DiskUse:
    """How many bytes one kind of data takes, and how many are free where its folder is."""

    part: str
    used_bytes: int
    free_bytes: int


def disk_use() -> Iterator[DiskUse]:
    """The use of each part; a file that several share, by hard links, counts once, for the first of them."""
    counted: set[tuple[int, int]] = set()
    for part, folder, folders in _parts():
        used = sum(_size(each, counted) for each in folders)
        yield DiskUse(part, used, shutil.disk_usage(existing(folder)).free)


def _parts() -> Iterator[tuple[str, Path, list[Path]]]:
    """Each part with the folder whose disk it is on, and its folders."""
    models, home = models_folder(), settings().home
    datasets = models / f"{PREFIX}{DATASET}"
    yield "datasets", models, [datasets, models.parent / SHARED_FILES]
    yield "models", models, [each for each in models.glob(f"{PREFIX}*/") if each != datasets]
    for part in ("uploads", "journal", "postgres", "prefect"):
        yield part, home / part, [home / part]


def _size(folder: Path, counted: set[tuple[int, int]]) -> int:
    """The size of the files in a folder that were not counted yet; of what is just deleted, none."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                found = os.lstat(f"{place}/{name}")
            except OSError:
                continue
            if (found.st_dev, found.st_ino) not in counted:
                counted.add((found.st_dev, found.st_ino))
                size += found.st_size
    return size
