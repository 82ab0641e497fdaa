"""Exports versions of the model store to files, and imports files that pass all checks."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from diamonds.model_files.archive import pack
from diamonds.model_files.isolation import verify_isolated
from diamonds.model_files.metadata import read_metadata
from diamonds.versions import changes, store
from diamonds.versions.integrity import check
from diamonds.versions.version import Version


@dataclass(frozen=True, slots=True)
class Imported:
    """A version that was imported from a file, and the checks that it passed, as sentences."""

    version: Version
    checks: list[str]


def export_version(tag: str) -> bytes:
    """The version as a ``.bentomodel`` file; raises ``UnknownVersion``, or ``DamagedVersion``."""
    version = store.get(tag)
    check(version)
    return pack(version.folder)


def import_version(content: bytes, *, seconds: float = 300) -> Imported:
    """Adds the version of a ``.bentomodel`` file to the model store when it passes all checks.

    It is listed like any other version, and neither promoted nor accepted. Raises ``BadVersionFile``, also
    when the checks take longer than so many ``seconds``, and ``VersionExists`` when the model store has it.
    """
    with TemporaryDirectory(prefix="diamonds-import-") as place:
        file, folder = Path(place) / "version.bentomodel", Path(place) / "version"
        file.write_bytes(content)
        checks = verify_isolated(file, folder, seconds=seconds)
        return Imported(changes.add(read_metadata(folder).tag, folder), checks)
