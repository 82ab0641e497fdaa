"""The model store here as a mirror of the shared one: lists, downloads, removes and restores its versions."""

import json
import logging
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from diamonds.sharing.files import SharedFiles, StoreAway
from diamonds.sharing.log import Saved, Shared
from diamonds.versions.bentoml_store import root
from diamonds.versions.entries import MODEL_YAML, entries_in, read_entry
from diamonds.versions.files import publish, remove, staging, write_metadata
from diamonds.versions.integrity import MANIFEST, DamagedVersion, damage, file_sha256
from diamonds.versions.names import CHAMPION, PREFIX
from diamonds.versions.version import Version

Places: TypeAlias = dict[str, list[Path]]
"""Where the files of the shared versions that are here lie, by their SHA-256."""

log = logging.getLogger(__name__)


class WrongContent(StoreAway):
    """A file of the shared model store was damaged there."""


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


def take_over(files: SharedFiles, shared: Shared, tags: Collection[str]) -> None:
    """Brings these versions here, unless they are here and whole, and gives them their shared labels.

    Champions come first, the newest before all others: quoting is not to wait for what is merely stored. One
    whose shared files are damaged keeps none of the others away; then raises ``WrongContent``.
    """
    places, wrong = _places_of(shared), None
    newest_first = [tag for tag in reversed(shared.versions) if tag in tags]
    for tag in sorted(newest_first, key=lambda tag: not _is_champion(tag)):
        saved, here = shared.versions[tag], _version_at(folder_of(tag))
        try:
            if here is None or damage(here) is not None:
                _download(files, tag, saved, places)
                _add_places(places, tag, saved)
            elif _metadata_of(here.folder) != saved.metadata:
                write_metadata(here.folder, saved.metadata)
        except WrongContent as error:
            wrong = error
    if wrong is not None:
        raise wrong


def _is_champion(tag: str) -> bool:
    return tag.startswith(f"{CHAMPION}:")


def restore(shared: Shared) -> None:
    """Undoes promotions and labels that are here and not shared; new versions stay, to be shared later."""
    for tag, here in list(versions_here()):
        if tag not in shared.versions and _is_champion(tag):
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


def _download(files: SharedFiles, tag: str, saved: Saved, places: Places) -> None:
    with staging(root()) as place:
        folder = place.joinpath(*tag.split(":"))
        targets = {folder / _checked(name): sha256 for name, sha256 in saved.files.items()}
        for target in targets:
            target.parent.mkdir(parents=True, exist_ok=True)
        missing = {at: sha256 for at, sha256 in targets.items() if not _is_copied(places[sha256], at, sha256)}
        files.download_all([(blob(sha256), at) for at, sha256 in missing.items()])
        for target, sha256 in missing.items():
            if file_sha256(target) != sha256:
                expected = f"that of SHA-256 {sha256}, a file of {tag}"
                raise WrongContent(f"The shared model store has other content than {expected}.")
        (folder / MANIFEST).write_text(json.dumps(saved.files, indent=2))
        write_metadata(folder, saved.metadata)
        remove_here(tag)
        publish(folder, root())


def _is_copied(sources: Sequence[Path], target: Path, sha256: str) -> bool:
    """Whether a file was copied from another version here that has it, and is what it should be."""
    for source in sources:
        if source.is_file():
            shutil.copyfile(source, target)
            if file_sha256(target) == sha256:
                return True
    return False


def _places_of(shared: Shared) -> Places:
    places: Places = defaultdict(list)
    for tag, saved in shared.versions.items():
        if folder_of(tag).exists():
            _add_places(places, tag, saved)
    return places


def _add_places(places: Places, tag: str, saved: Saved) -> None:
    for name, sha256 in saved.files.items():
        places[sha256].append(folder_of(tag) / name)


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
