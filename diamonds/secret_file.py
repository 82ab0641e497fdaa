"""Stores a secret in a file that only its owner can read."""

import logging
import os
import stat
from contextlib import suppress
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO

log = logging.getLogger(__name__)


class Exposed(PermissionError):
    """Others can read the file, and this user cannot change that."""


def create(path: Path, secret: str) -> bool:
    """Makes the file unless it is there and holds something; returns whether it did.

    Processes at once make one file.
    """
    if path.exists() and path.read_bytes().strip():
        return False
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    try:
        return _put(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _put(draft: Path, path: Path) -> bool:
    """Gives the draft its name; returns whether no other process was faster."""
    with suppress(FileExistsError):
        try:
            os.link(draft, path)  # unlike a rename it never replaces the file of another process
        except PermissionError:  # a disk without links
            draft.rename(path)
        return True
    return False


def read(path: Path, longest: int = -1) -> str | None:
    """The secret in the file, of at most so many bytes; None where there is no file.

    A file that others may read is made private, with a warning. Raises ``Exposed`` where that is impossible.
    """
    try:
        with path.open("rb") as file:
            _make_private(path, file.fileno())
            return file.read(longest).decode(errors="replace").strip()
    except FileNotFoundError:
        return None


def _make_private(path: Path, file: int) -> None:
    mode = os.fstat(file).st_mode
    if not mode & _OTHERS:
        return
    try:
        os.fchmod(file, stat.S_IMODE(mode) & ~_OTHERS)
    except OSError as error:
        raise Exposed(f"{path} can be read by others; run: chmod 600 {path}") from error
    log.warning("%s could be read by others and is private now; remove it for a new secret.", path)
