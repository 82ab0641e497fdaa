"""Moves versions into a model store and out of it, each in one step, so that nobody meets half of one."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from diamonds.versions.entries import MODEL_YAML

_STAGING = "diamonds-staging-"
_SECONDS_TO_STAY = 24 * 3600


@contextmanager
def staging(root: Path) -> Iterator[Path]:
    """A folder from which a version can be moved into the model store at ``root`` at once.

    Those that killed processes have left behind are deleted a day later.
    """
    _remove_left_behind(root.parent)
    with TemporaryDirectory(prefix=_STAGING, dir=root.parent) as place:
        yield Path(place)


def _remove_left_behind(home: Path) -> None:
    for left in home.glob(f"{_STAGING}*/"):
        with suppress(FileNotFoundError):  # another process has just done it
            if time.time() - left.stat().st_mtime > _SECONDS_TO_STAY:
                shutil.rmtree(left)


def publish(staged: Path, root: Path) -> Path:
    """Moves a complete version to its name's folder in the model store; raises ``FileExistsError``."""
    folder = root / staged.parent.name / staged.name
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        raise FileExistsError(folder)
    staged.rename(folder)
    note_newest(folder)
    return folder


def note_newest(folder: Path) -> None:
    """Notes a version as the newest of its name, as BentoML does for its own tools."""
    replace(folder.parent / "latest", folder.name)


def remove(folder: Path, root: Path) -> None:
    """Deletes the folder of a version."""
    with staging(root) as place:
        folder.rename(place / "deleted")


def write_labels(folder: Path, labels: Mapping[str, str]) -> None:
    """Adds labels to those in a version's metadata."""
    content = yaml.safe_load((folder / MODEL_YAML).read_text("utf-8"))
    content["labels"] |= labels
    write_metadata(folder, json.dumps(content, indent=2, default=str))  # JSON is YAML


def write_metadata(folder: Path, text: str) -> None:
    """Writes a version's metadata."""
    replace(folder / MODEL_YAML, text)


def replace(path: Path, text: str) -> None:
    """Writes a file such that others read the old one or the new one."""
    new = path.with_name(f".{path.name}-{os.getpid()}")
    new.write_text(text)
    new.replace(path)
