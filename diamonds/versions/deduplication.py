"""Stores what versions of one dataset share, its stones and their index, once: as hard links to one file.

Beside that file lies a spare copy, from which it is restored where a disk or a program damages it: a version
that shares a file is not lost with the others. Versions whose dataset is not stored share nothing.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from diamonds.versions.bentoml_store import root
from diamonds.versions.entries import entries_in
from diamonds.versions.integrity import DamagedVersion, file_sha256, hashes_of
from diamonds.versions.names import DATASET, PREFIX, SHARED_FILES
from diamonds.versions.version import Version

SHARED = frozenset({"training.parquet", "similar.npy", "similar-groups.npy"})
"""The files of a version that are the same in every version of its dataset; all others stay its own."""

_SPARE = ".spare"

log = logging.getLogger(__name__)


def deduplicate() -> int:
    """Links the files that versions share, and deletes those that no version shares any more.

    Returns how many bytes of copies were freed. Files that cannot be linked stay copies. Does nothing where
    another process does it just now.
    """
    folder = _folder()
    if not root().is_dir():
        return 0
    try:
        with FileLock(folder.with_suffix(".lock"), timeout=0):
            entries = list(_entries())
            stored = {each.labels.get("dataset") for each in entries if _is_dataset(each)} - {None}
            shared = [each for each in entries if each.labels.get("dataset") in stored]
            freed = sum(_link_files(each, folder / each.labels["dataset"]) for each in shared)
            _delete_unneeded(folder, shared)
            return freed
    except Timeout:
        return 0


def restore(version: Version) -> bool:
    """Replaces damaged files that a version shares by what is still whole; returns whether there were any."""
    restored = False
    for name, sha256 in _shared_files(version):
        kept = _folder() / version.labels.get("dataset", "") / sha256
        if not kept.with_suffix(_SPARE).is_file() or _is_whole(version.folder / name, sha256):
            continue
        try:
            restored |= _is_kept(kept, sha256) and _replace_by_link(version.folder / name, kept)
        except OSError as error:
            log.warning("%s of %s cannot be restored: %s", name, version.tag, error)
    return restored


def _folder() -> Path:
    return root().parent / SHARED_FILES


def _entries() -> Iterator[Version]:
    for folder in sorted(root().glob(f"{PREFIX}*/")):
        yield from (each for each in entries_in(folder) if isinstance(each, Version))


def _is_dataset(version: Version) -> bool:
    return version.folder.parent.name == PREFIX + DATASET


def _shared_files(version: Version) -> Iterator[tuple[str, str]]:
    """The names of the files that a version may share, each with its SHA-256."""
    try:
        hashes = hashes_of(version)
    except DamagedVersion:
        return
    yield from ((name, sha256) for name, sha256 in hashes.items() if name in SHARED)


def _link_files(version: Version, place: Path) -> int:
    freed = 0
    for name, sha256 in _shared_files(version):
        file, kept = version.folder / name, place / sha256
        try:
            if kept.exists() and file.samefile(kept):
                continue
            if not kept.exists() and _is_whole(file, sha256):
                _keep(file, kept)
            elif _is_whole(file, sha256) and _is_kept(kept, sha256) and _replace_by_link(file, kept):
                freed += file.stat().st_size
        except OSError as error:  # no hard links here, or too many of one file: the copy stays
            log.info("%s of %s stays a copy: %s", name, version.tag, error)
    return freed


def _keep(file: Path, kept: Path) -> None:
    """Makes a file the one that others are linked to, with a spare copy."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, kept.with_suffix(_SPARE))
    os.link(file, kept)


def _is_kept(kept: Path, sha256: str) -> bool:
    """Whether there is a whole file to link to, which is made from its spare copy if it is damaged."""
    if _is_whole(kept, sha256):
        return True
    spare = kept.with_suffix(_SPARE)
    if not _is_whole(spare, sha256):
        return False
    new = kept.with_name(uuid4().hex)
    shutil.copyfile(spare, new)
    new.replace(kept)
    return True


def _replace_by_link(file: Path, kept: Path) -> bool:
    """Puts a link to the kept file in the place of a file, at once."""
    link = kept.with_name(uuid4().hex)
    os.link(kept, link)
    try:
        link.replace(file)
    finally:
        link.unlink(missing_ok=True)  # POSIX leaves it where both are links to the same file already
    return True


def _is_whole(file: Path, sha256: str) -> bool:
    return file.is_file() and file_sha256(file) == sha256


def _delete_unneeded(folder: Path, shared: list[Version]) -> None:
    needed = {
        folder / each.labels["dataset"] / sha256 for each in shared for _, sha256 in _shared_files(each)
    }
    for file in folder.glob("*/*"):
        if file.with_suffix("") not in needed:
            file.unlink()
    for place in folder.glob("*/"):
        if not any(place.iterdir()):
            place.rmdir()
