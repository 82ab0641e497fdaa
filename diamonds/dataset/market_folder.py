"""Adds a file to the folder that is the configured market's data, so that it is trained on with the rest."""

import os
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from diamonds.dataset.errors import DataError
from diamonds.dataset.files import files_at, has_table_suffix
from diamonds.settings import settings


class NoDataFolder(RuntimeError):
    """The configured data is no folder to which a file can be added."""


def market_folder() -> Path:
    """The folder of ``DIAMONDS_DATA``; raises ``NoDataFolder`` where that is a file, a URL or a database."""
    folder = Path(settings().data)
    if "://" in settings().data or not folder.is_dir():
        raise NoDataFolder("DIAMONDS_DATA names no folder, and files can only be added to one.")
    return folder


def add_file(name: str, content: bytes) -> tuple[Path, bool]:
    """Adds the file under its name, or another where that is taken; returns its path, and whether it is new.

    A file of the same content that is there already stays the only one. Raises ``NoDataFolder``, also where
    the folder cannot be written.
    """
    folder = market_folder()
    if existing := _same(folder, content):
        return existing, False
    if not has_table_suffix(name):
        from diamonds.dataset.priced_file import format_for

        name += format_for(content).suffix
    staged = folder / f".{uuid4().hex}"  # whole at once: hidden files are not read
    try:
        staged.write_bytes(content)
        return _published(staged, folder / name, sha256(content).hexdigest()), True
    except OSError as error:
        raise NoDataFolder(f"The folder of DIAMONDS_DATA cannot be written: {error.strerror}.") from error
    finally:
        staged.unlink(missing_ok=True)


def _same(folder: Path, content: bytes) -> Path | None:
    try:
        equal = [path for path in files_at(folder) if path.stat().st_size == len(content)]
    except DataError:  # it is empty
        return None
    return next((path for path in equal if path.read_bytes() == content), None)


def _published(staged: Path, path: Path, digest: str) -> Path:
    try:
        os.link(staged, path)
    except FileExistsError:
        path = path.with_name(f"{digest[:8]}-{path.name}")
        os.link(staged, path)
    return path
