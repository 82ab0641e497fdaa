"""Refuses folders that belong to somebody else: using them as root would take them away from their owners."""

import os
import pwd
from collections.abc import Collection
from pathlib import Path


class ForeignFolder(PermissionError):
    """A folder belongs to another user."""


def check_owner(folder: Path, others: Collection[int] = ()) -> None:
    """Raises ``ForeignFolder`` unless the folder is ours, of one of the other user ids, or not there."""
    if not folder.exists():
        return
    owner = folder.stat().st_uid
    if owner not in {os.geteuid(), *others}:
        raise ForeignFolder(f"{folder} belongs to {_name(owner)}; run this as that user.")


def _name(uid: int) -> str:
    try:
        return f"the user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"the user id {uid}"
