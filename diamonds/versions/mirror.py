"""The model store here as a mirror of the shared one: lists, downloads, removes and restores its versions."""

import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from diamonds.sharing.files import SharedFiles, StoreAway
from diamonds.sharing.log import Saved, Shared
from diamonds.versions.bentoml_store import root
from diamonds.versions.entries import MODEL_YAML, entries_in, read_entry
from diamonds.versions.files import publish, remove, staging, write_metadata
from diamonds.versions.integrity import MANIFEST, DamagedVersion, damage, file_sha256
from diamonds.versions.names import CHAMPION, PREFIX
from diamonds.versions.version import Version

log = logging.getLogger(__name__)


def versions_here() -> Iterator[tuple[str, Saved]]:
    """The whole versions of the model store here, as they are shared, by their tags."""
    for folder in sorted(root().glob(f"{PREFIX}*/")):
        for version in entries_in(folder):
            if isinstance(version, Version) and damage(version) is None:
                manifest = json.loads((version.folder / MANIFEST).read_text("utf-8"))
                yield version.tag, Saved(metadata=_metadata_of(version.folder), files=manifest)


def state_here() -> frozenset[tuple[str, int, int]]:
    """What is another whenever a version here is saved, deleted, or gets other labels."""
    metadata = [(str(path), path.stat()) for path in root().glob(f"{PREFIX}*/*/{MODEL_YAML}")]
    return frozenset((path, found.st_ino, found.st_mtime_ns) for path, found in metadata)


def take_over(files: SharedFiles, shared: Shared, tag: str) -> None:
    """Brings one version here, unless it is here and whole, and gives it the labels that are shared."""
    saved, here = shared.versions[tag], _version_at(folder_of(tag))
    if here is None or damage(here) is not None:
        _download(files, shared, tag)
    elif _metadata_of(here.folder) != saved.metadata:
        write_metadata(here.folder, saved.metadata)


def restore(shared: Shared) -> None:
    """Undoes promotions and labels that are here and not shared; new versions stay, to be shared later."""
    for tag, here in list(versions_here()):
        if tag not in shared.versions and tag.startswith(f"{CHAMPION}:"):
            log.warning("Deleting %s, which no other machine knows of", tag)
            remove_here(tag)
        elif tag in shared.versions and here.metadata != shared.versions[tag].metadata:
            write_metadata(folder_of(tag), shared.versions[tag].metadata)


def remove_here(tag: str) -> None:
    """Removes a version from the model store here, where it is."""
    if folder_of(tag).exists():
        remove(folder_of(tag), root())


def folder_of(tag: str) -> Path:
    """The folder of a version here."""
    return root().joinpath(*tag.split(":"))


def blob(sha256: str) -> str:
    """The name under which a file is shared."""
    return f"files/{sha256[:2]}/{sha256}"


def _download(files: SharedFiles, shared: Shared, tag: str) -> None:
    saved = shared.versions[tag]
    with staging(root()) as place:
        folder = place.joinpath(*tag.split(":"))
        for name, sha256 in saved.files.items():
            target = folder / _checked(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy_or_download(files, shared, sha256, target)
        (folder / MANIFEST).write_text(json.dumps(saved.files, indent=2))
        write_metadata(folder, saved.metadata)
        remove_here(tag)
        publish(folder, root())


def _copy_or_download(files: SharedFiles, shared: Shared, sha256: str, target: Path) -> None:
    """Writes a file from another version that has it, or from the shared store, and checks its hash."""
    for source in _places_of(shared, sha256):
        shutil.copyfile(source, target)
        if file_sha256(target) == sha256:
            return
    files.download(blob(sha256), target)
    if file_sha256(target) != sha256:
        raise StoreAway(f"The shared model store has other content than that of SHA-256 {sha256}.")


def _places_of(shared: Shared, sha256: str) -> Iterator[Path]:
    for tag, saved in shared.versions.items():
        for name, each in saved.files.items():
            place = folder_of(tag) / name
            if each == sha256 and place.is_file():
                yield place


def _checked(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise StoreAway(f"The shared model store names {name!r}, which is outside of its version.")
    return path


def _version_at(folder: Path) -> Version | None:
    try:
        return read_entry(folder)
    except DamagedVersion:
        return None


def _metadata_of(folder: Path) -> str:
    return (folder / MODEL_YAML).read_text("utf-8")
