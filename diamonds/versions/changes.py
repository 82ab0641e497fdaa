"""Changes entries of the model store: adds exported ones, deletes entries, and adds labels to them."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from diamonds.versions import shared, store
from diamonds.versions.bentoml_store import root
from diamonds.versions.entries import read_entry
from diamonds.versions.files import note_newest, publish, remove, staging, write_labels
from diamonds.versions.integrity import DamagedVersion, damage
from diamonds.versions.version import Version


class VersionExists(ValueError):
    """The model store has a version of that tag already."""


def add(tag: str, folder: Path) -> Version:
    """Puts version ``tag``, whose files are in ``folder`` as BentoML exports them, into the model store.

    A damaged version of that tag is replaced; raises ``VersionExists`` for any other. Nothing is checked:
    see ``diamonds.model_files``.
    """
    with staging(root()) as place:
        staged = place.joinpath(*tag.split(":"))
        shutil.copytree(folder, staged)
        if _is_damaged(root().joinpath(*tag.split(":"))):
            delete(tag)
        try:
            return read_entry(publish(staged, root()))
        except FileExistsError as error:
            raise VersionExists(f"The model store has {tag} already.") from error


def _is_damaged(folder: Path) -> bool:
    try:
        return folder.exists() and damage(read_entry(folder)) is not None
    except DamagedVersion:
        return True


def delete(tag: str) -> None:
    """Deletes an entry, damaged or not; raises ``UnknownVersion``."""
    name, _, version = tag.partition(":")
    folder = root() / name / version
    if folder not in {each.folder for each in store.entries(name.removeprefix(store.PREFIX))}:
        raise store.unknown_version(tag)
    with store.locked():
        remove(folder, root())
        shared.note_deleted(tag)
    for newest in store.readable(name.removeprefix(store.PREFIX))[:1]:
        note_newest(newest.folder)


def relabel(version: Version, labels: Mapping[str, str]) -> Version:
    """The version with these labels added to its own, also in the model store."""
    with store.promoting(version):
        write_labels(version.folder, labels)
        return read_entry(version.folder)
