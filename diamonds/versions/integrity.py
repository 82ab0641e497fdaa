"""The manifest of a version: written with the SHA-256 of each file, checked before use and while copying."""

import hashlib
import json
from collections.abc import Callable, Collection
from pathlib import Path

from diamonds.versions.version import Version

MANIFEST = "manifest.json"
"""Lists every file of a version with its SHA-256, except itself and BentoML's ``model.yaml``."""
_CHUNK_BYTES = 1 << 20


class DamagedVersion(RuntimeError):
    """A file of a stored version is missing or not what was saved."""


def write_manifest(folder: Path) -> None:
    """Writes the manifest of all files that are in ``folder`` now."""
    hashes = {name: _sha256(folder / name) for name in sorted(_files_in(folder))}
    (folder / MANIFEST).write_text(json.dumps(hashes, indent=2))


def check(version: Version, *, only: Collection[str] = ()) -> None:
    """Raises ``DamagedVersion`` with the file's name unless all files, or ``only`` some, are as saved."""
    _compare(version, _manifest_of(version), lambda name: _sha256(version.folder / name), only)


def copy_checked(version: Version, target: Path) -> None:
    """Copies the files of a version into the folder ``target``; raises ``DamagedVersion`` as ``check`` does.

    Each file is read once: the bytes that are hashed are the bytes that are written.
    """
    manifest = _manifest_of(version)
    _compare(version, manifest, lambda name: _copied(version.folder / name, target / name))
    (target / MANIFEST).write_text(manifest)


def _manifest_of(version: Version) -> str:
    return (version.folder / MANIFEST).read_text()


def _compare(
    version: Version, manifest: str, sha256_of: Callable[[str], str], only: Collection[str] = ()
) -> None:
    files = _files_in(version.folder)  # a name in the manifest may point elsewhere
    for name, expected in json.loads(manifest).items():
        if (not only or name in only) and (name not in files or sha256_of(name) != expected):
            raise DamagedVersion(f"{name} of {version.tag} is missing or not the file that was saved.")


def _files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copied(source: Path, target: Path) -> str:
    """Copies a file and returns the SHA-256 of what it read."""
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as original, target.open("xb") as copy:
        while chunk := original.read(_CHUNK_BYTES):
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()
