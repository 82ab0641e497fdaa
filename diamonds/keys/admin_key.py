"""The file ``admin.key``: a key with all scopes for who may read the home folder."""

import logging
import os
import stat
from pathlib import Path

from diamonds.keys.key import LONGEST, generate

NAME = "admin.key"
SHORTEST = 16
"""Minimum length of a key, in characters."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO

log = logging.getLogger(__name__)


class BadAdminKey(ValueError):
    """The file is not what a key is read from."""


def ensure(home: Path) -> bool:
    """Makes the file unless it is there; returns whether it did. Processes at once make one key."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / NAME
    if path.exists():
        return False
    draft = home / f".{NAME}.{os.getpid()}"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(generate())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # unlike a rename it never replaces the file of another process
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def read(home: Path) -> str | None:
    """The key in the file; None where there is no file.

    A file that others may read is made private, with a warning. Raises ``BadAdminKey`` where that is
    impossible, or the file holds no key.
    """
    path = home / NAME
    try:
        with path.open("rb") as file:
            _make_private(path, file.fileno())
            content = file.read(LONGEST + 1).strip()
    except FileNotFoundError:
        return None
    if not SHORTEST <= len(content) <= LONGEST or not content.isascii():
        raise BadAdminKey(f"{path} holds no key; remove it, and the next start makes a new one.")
    return content.decode()


def _make_private(path: Path, file: int) -> None:
    mode = os.fstat(file).st_mode
    if not mode & _OTHERS:
        return
    try:
        os.fchmod(file, stat.S_IMODE(mode) & ~_OTHERS)
    except OSError as error:
        raise BadAdminKey(f"{path} can be read by others; run: chmod 600 {path}") from error
    log.warning("%s could be read by others and is private now; remove it for a new key.", path)
