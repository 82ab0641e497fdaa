"""Takes versions out of the model store as files, and puts files that pass every check into it."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from diamonds.model_files.archive import pack
from diamonds.model_files.isolation import examine
from diamonds.model_files.metadata import description_in
from diamonds.versions import store
from diamonds.versions.store import Version


@dataclass(frozen=True, slots=True)
class Imported:
    """A version that came as a file, and what was checked before, in sentences."""

    version: Version
    checks: list[str]


def export_version(tag: str) -> bytes:
    """The version as a ``.bentomodel`` file; raises ``UnknownModel``, or ``DamagedVersion``."""
    version = store.get(tag)
    store.check(version)
    return pack(version.folder)


def import_version(content: bytes) -> Imported:
    """Puts the version of a ``.bentomodel`` file into the model store, if nothing speaks against it.

    It is history like any other version and promotes nothing. Raises ``BadVersionFile``, and
    ``VersionExists`` when the model store has it.
    """
    with TemporaryDirectory(prefix="diamonds-import-") as place:
        file, folder = Path(place) / "version.bentomodel", Path(place) / "version"
        file.write_bytes(content)
        checks = examine(file, folder)
        return Imported(store.add(description_in(folder).tag, folder), checks)
