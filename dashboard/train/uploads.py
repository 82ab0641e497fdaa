"""Files of sold stones that were uploaded to train on, kept where the flow finds them until it has ended."""

import hashlib
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from diamonds.settings import settings

KEPT_SECONDS = 3600.0
"""For so long at least: between its upload and the start of a training, nobody else needs a file."""


def keep(name: str, content: bytes) -> Path:
    """The file of that name and content, as new as of now."""
    folder = _folder() / hashlib.sha256(content).hexdigest()[:16]
    path = folder / (Path(name).name or "stones")
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(content)
    path.touch()
    return path


def remove(path: Path) -> None:
    """Removes a file that was kept."""
    path.unlink(missing_ok=True)
    with suppress(OSError):  # the same stones may be there under another name
        path.parent.rmdir()


def old() -> list[Path]:
    """The files that go unless a training still needs them."""
    latest = time.time() - KEPT_SECONDS
    return [path for path in _folder().glob("*/*") if path.stat().st_mtime < latest]


def sweep(needed: Collection[str]) -> None:
    """Removes old files but the needed ones; the model store keeps the datasets that were read from them."""
    for path in old():
        if str(path) not in needed:
            remove(path)


def _folder() -> Path:
    return settings().home.resolve() / "uploads"
