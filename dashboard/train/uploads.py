"""Stores uploaded files of sold stones until no training needs them any more."""

import hashlib
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from diamonds.training.sources import uploads_folder

RETENTION_SECONDS = 3600.0
"""How long an upload is stored at least: no run needs it before its training is started."""


def store(name: str, content: bytes) -> Path:
    """Stores a file, or renews the retention of an equal one, and returns its path."""
    folder = _folder() / hashlib.sha256(content).hexdigest()[:16]
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
    return [path for path in _folder().glob("*/*") if path.stat().st_mtime < latest]


def delete_expired(needed: Collection[str]) -> None:
    """Deletes expired files but the needed ones; the model store has the datasets read from them."""
    for path in expired():
        if not any(data == str(path) or data.startswith(f"{path}#") for data in needed):
            delete(path)


def _folder() -> Path:
    return uploads_folder()
