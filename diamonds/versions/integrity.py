"""The manifest of a version: written with the SHA-256 of each file, checked before use and while copying."""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from diamonds.versions.version import Version

MANIFEST = "manifest.json"
"""Lists every file of a version with its SHA-256, except itself and BentoML's ``model.yaml``."""
_CHUNK_BYTES = 1 << 20
_CLOCK_TICK_S = 0.1
"""Files that changed less than so long ago may change again without a later time of change."""

log = logging.getLogger(__name__)

Signature: TypeAlias = frozenset[tuple[str, tuple[int, ...]]]
"""The files of a version with what the file system changes when their content changes."""

_verdicts: dict[Path, tuple[Signature, str | None]] = {}
_one_at_a_time = Lock()


class DamagedVersion(RuntimeError):
    """A file of a stored version is missing or not what was saved."""


def write_manifest(folder: Path) -> None:
    """Writes the manifest of all files that are in ``folder`` now."""
    hashes = {name: file_sha256(folder / name) for name in sorted(_files_in(folder))}
    (folder / MANIFEST).write_text(json.dumps(hashes, indent=2))


def check(version: Version, *, only: Collection[str] = ()) -> None:
    """Raises ``DamagedVersion`` with the file's name unless all files, or ``only`` some, are as saved."""
    _compare(version, _manifest_of(version), lambda name: file_sha256(version.folder / name), only)


def copy_checked(version: Version, target: Path) -> None:
    """Copies the files of a version into the folder ``target``; raises ``DamagedVersion`` as ``check`` does.

    Each file is read once: the bytes that are hashed are the bytes that are written.
    """
    manifest = _manifest_of(version)
    _compare(version, manifest, lambda name: _copied(version.folder / name, target / name))
    (target / MANIFEST).write_text(manifest)


def damage(version: Version) -> str | None:
    """Why a version cannot be used, in a sentence, or None if all its files are what was saved.

    All files are hashed the first time, and again only after one of them changed. A damaged file that the
    version shares with others is restored where that is possible.
    """
    with _one_at_a_time:
        files = signature(version.folder)
        before, verdict = _verdicts.get(version.folder, (None, None))
        if files != before:
            verdict = _verdict(version)
            if verdict and _is_restored(version):
                verdict, files = _verdict(version), signature(version.folder)
            _verdicts.pop(version.folder, None)
            if _is_settled(files):
                _verdicts[version.folder] = files, verdict
    return verdict


def _is_restored(version: Version) -> bool:
    from diamonds.versions.deduplication import restore  # which needs the hashes of this module

    return restore(version)


def hashes_of(version: Version) -> dict[str, str]:
    """The SHA-256 of each file of a version by its name; raises ``DamagedVersion``."""
    return dict(_hashes_in(_manifest_of(version), version))


def signature(folder: Path) -> Signature:
    """What changes when a file of the folder is changed, added or removed."""
    beginning = len(str(folder)) + 1
    return frozenset((entry.path[beginning:], _state(entry)) for entry in _entries_below(str(folder)))


def _entries_below(folder: str) -> "Iterator[os.DirEntry[str]]":
    """All files and folders below a folder, much faster than by ``Path.rglob``: there are many versions."""
    try:
        entries = list(os.scandir(folder))
    except OSError:  # just deleted
        return
    for entry in entries:
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _entries_below(entry.path)


def _state(entry: "os.DirEntry[str]") -> tuple[int, ...]:
    try:
        found = entry.stat()
    except OSError:  # a link to nowhere, or just deleted
        return ()
    return (found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _is_settled(files: Signature) -> bool:
    changed_s = max((state[-1] / 1e9 for _, state in files if state), default=0.0)
    return abs(time.time() - changed_s) > _CLOCK_TICK_S


def _verdict(version: Version) -> str | None:
    try:
        check(version)
    except DamagedVersion as error:
        return str(error)
    return None


def _manifest_of(version: Version) -> str:
    try:
        return (version.folder / MANIFEST).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedVersion(f"{MANIFEST} of {version.tag} is missing or cannot be read: {error}.") from error


def _hashes_in(manifest: str, version: Version) -> Iterator[tuple[str, str]]:
    """The files with their hashes that the manifest lists."""
    try:
        yield from {str(name): str(sha256) for name, sha256 in json.loads(manifest).items()}.items()
    except (ValueError, AttributeError, RecursionError) as error:
        message = f"{MANIFEST} of {version.tag} does not name files with their SHA-256."
        raise DamagedVersion(message) from error


def _compare(
    version: Version, manifest: str, sha256_of: Callable[[str], str], only: Collection[str] = ()
) -> None:
    files = _files_in(version.folder)  # a name in the manifest may point elsewhere
    for name, expected in _hashes_in(manifest, version):
        if (not only or name in only) and (name not in files or sha256_of(name) != expected):
            raise DamagedVersion(f"{name} of {version.tag} is missing or not the file that was saved.")


def _files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits."""
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _copied(source: Path, target: Path) -> str:
    """Copies a file and returns the SHA-256 of what it read."""
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as copy:
        for chunk in _chunks(source):
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    """The content of a file, up to where it can be read: less than that is not what was saved."""
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except OSError as error:
        log.warning("%s cannot be read: %s", path, error)
