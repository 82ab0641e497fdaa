"""Reads the entries of a model store from their folders, and reports those whose metadata cannot be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from diamonds.versions.integrity import DamagedVersion
from diamonds.versions.version import CALIBRATION_ROWS, PROMOTION, REPORTED_ROWS, Version

MODEL_YAML = "model.yaml"
_MOST_BYTES = 1024**2
_NUMBERS = (
    "mae",
    "rmse",
    "r2",
    "mape",
    "coverage",
    "rows",
    CALIBRATION_ROWS,
    REPORTED_ROWS,
    "seed",
    PROMOTION,
)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C, where it is compiled


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry whose ``model.yaml`` cannot be read, so nothing but its tag is known; and why."""

    tag: str
    folder: Path
    reason: str


class _Metadata(BaseModel):
    """What an entry's ``model.yaml`` must have; BentoML writes more."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    version: str
    labels: dict[str, str]
    metadata: dict[str, Any]
    creation_time: AwareDatetime


def entries_in(folder: Path) -> Iterator[Version | Unreadable]:
    """The entries in the folder of one name, in no order; what is only half saved or deleted is none."""
    for place in sorted(_subfolders(folder)):
        try:
            yield read_entry(place)
        except DamagedVersion as error:
            if _has_content(place):
                yield Unreadable(_tag_of(place), place, str(error))


def read_entry(folder: Path) -> Version:
    """The entry in a folder of its own; raises ``DamagedVersion`` when its metadata cannot be read."""
    path = folder / MODEL_YAML
    try:
        found = path.stat()
    except OSError as error:
        raise DamagedVersion(f"{MODEL_YAML} of {_tag_of(folder)} is missing: {error.strerror}.") from error
    signature = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    entry = _read(folder, signature)
    if isinstance(entry, str):
        raise DamagedVersion(f"{MODEL_YAML} of {_tag_of(folder)} {entry}.")
    return entry


@lru_cache(maxsize=10_000)
def _read(folder: Path, _signature: tuple[int, ...]) -> Version | str:
    """The entry, or what is wrong with its metadata; ``_signature`` changes when the file does."""
    try:
        metadata = _Metadata.model_validate(yaml.load(_text_of(folder / MODEL_YAML), _LOADER))  # noqa: S506 - safe
        numbers = [float(metadata.labels[name]) for name in _NUMBERS if metadata.labels.get(name)]
    except (OSError, UnicodeDecodeError) as error:
        return f"cannot be read: {error}"
    except ValidationError as error:
        return f"has no valid {'.'.join(map(str, error.errors()[0]['loc'])) or 'content'}"
    except (yaml.YAMLError, RecursionError, ValueError):
        return "is no YAML with the labels of a version"
    if f"{metadata.name}:{metadata.version}" != _tag_of(folder) or not all(map(_is_finite, numbers)):
        return "does not describe this version"
    return Version(
        tag=_tag_of(folder),
        created_at=metadata.creation_time,
        labels=metadata.labels,
        parameters=metadata.metadata,
        folder=folder,
    )


def _text_of(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES).decode()


def _is_finite(number: float) -> bool:
    return abs(number) < float("inf")


def _tag_of(folder: Path) -> str:
    return f"{folder.parent.name}:{folder.name}"


def _subfolders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _has_content(folder: Path) -> bool:
    """Whether there are files of a version; an empty folder is left behind by a save that was cut off."""
    try:
        return any(folder.iterdir())
    except FileNotFoundError:  # it has just been deleted
        return False
