"""Stores uploaded files of sold stones until no training needs them any more."""

import hashlib
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from diamonds.settings import settings

RETENTION_SECONDS = 3600.0
"""How long an upload is stored at least: no run needs it before its training is started."""


def store(name: str, content: bytes) -> Path:
    """Stores a file, or renews the retention of an equal one, and returns its path."""
    folder = uploads_folder() / hashlib.sha256(content).hexdigest()[:16]
    path = folder / (Path(name).name or "stones")
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(content)
    path.touch()
    return path


def delete(path: Path) -> None:
    """Deletes a stored file."""
    path.unlink(missing_ok=True)
    with suppress(OSError):  # the same stones may be there under another name
        path.parent.rmdir()


def expired() -> list[Path]:
    """The files whose retention has ended."""
    latest = time.time() - RETENTION_SECONDS
    return [path for path in uploads_folder().glob("*/*") if path.stat().st_mtime < latest]


def delete_expired(needed: Collection[str]) -> int:
    """Deletes expired files but the needed ones, and returns how many; the model store has their datasets."""
    unneeded = [path for path in expired() if not any(_is_in(path, data) for data in needed)]
    for path in unneeded:
        delete(path)
    return len(unneeded)


def _is_in(path: Path, data: str) -> bool:
    """Whether the data of a training is the file, or a part of it."""
    return data == str(path) or data.startswith(f"{path}#")


def uploads_folder() -> Path:
    """The folder of uploaded files."""
    return settings().home.resolve() / "uploads"
