"""The file ``admin.key``: a key with all scopes for who may read the home folder."""

from pathlib import Path

from diamonds import secret_file
from diamonds.keys.key import LONGEST, generate

NAME = "admin.key"
SHORTEST = 16
"""Minimum length of a key, in characters."""


class BadAdminKey(ValueError):
    """The file is not what a key is read from."""


def ensure(home: Path) -> bool:
    """Makes the file unless it is there; returns whether it did. Processes at once make one key."""
    return secret_file.create(home / NAME, generate())


def read(home: Path) -> str | None:
    """The key in the file; None where there is no file.

    A file that others may read is made private, with a warning. Raises ``BadAdminKey`` where that is
    impossible, or the file holds no key.
    """
    path = home / NAME
    try:
        content = secret_file.read(path, LONGEST + 1)
    except secret_file.Exposed as error:
        raise BadAdminKey(str(error)) from error
    if content is None:
        return None
    if not SHORTEST <= len(content) <= LONGEST or not content.isascii():
        raise BadAdminKey(f"{path} holds no key; remove it, and the next start makes a new one.")
    return content
