"""The only module that speaks to BentoML: where its model store is, its tags, and its format of a version."""

from collections.abc import Callable, Mapping
from pathlib import Path

import bentoml
from bentoml._internal.configuration.containers import BentoMLContainer
from bentoml._internal.models import ModelStore

from diamonds.models import Parameters
from diamonds.versions.entries import read_entry
from diamonds.versions.files import publish, staging
from diamonds.versions.version import Version

Writer = Callable[[Path], None]
"""Writes files into the folder of a new version."""


def root() -> Path:
    """The folder of the model store, which has one folder for each name."""
    return Path(BentoMLContainer.model_store.get()._path)


def make(name: str, labels: Mapping[str, str], write: Writer, parameters: Parameters) -> Version:
    """Makes a version apart and moves it into the model store.

    BentoML's own saving fails where the newest version is damaged, and shows versions half copied.
    """
    with staging(root()) as place:
        made = bentoml.models.create(
            name, labels=dict(labels), metadata=dict(parameters), _model_store=ModelStore(place)
        )
        with made as entry:
            write(Path(entry.path))
        return read_entry(publish(place / entry.tag.path(), root()))


def folder_of(tag: str) -> Path | None:
    """The folder of a tag that names one version, if only by how it begins; None: there is none such."""
    name, version = parsed(tag)
    if version is None:
        return None
    folder = root() / name
    found = [folder / version] if (folder / version).is_dir() else [*folder.glob(f"{version}*/")]
    return found[0] if len(found) == 1 else None


def parsed(tag: str) -> tuple[str, str | None]:
    """The name and the version of a tag, which is None for the newest; raises ``ValueError`` for no tag."""
    try:
        found = bentoml.Tag.from_taglike(tag)
    except bentoml.exceptions.BentoMLException as error:
        raise ValueError(str(error)) from error
    return found.name, None if found.version == "latest" else found.version
