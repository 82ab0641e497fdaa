"""The user that runs the embedded Postgres, which does not run as root."""

import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import Any

NAME = "pgserver"
"""The user that runs the server where we are root."""


class NoUser(ConnectionError):
    """There is no user that could run the server."""


def hand_over(folder: Path) -> None:
    """Gives an own folder to the user of the server, who may then reach it, where we are root."""
    if os.geteuid() != 0:
        return
    user = _ensure_user()
    os.chown(folder, user.pw_uid, user.pw_gid)
    _let_through(folder)


def let_in(programs: Path, folder: Path) -> None:
    """Lets the user of the server run the programs and reach the folder, where we are root.

    The ways there may have been closed since the last time.
    """
    if os.geteuid() != 0:
        return
    _let_through(programs)
    _let_through(folder)
    if not stat.S_IMODE(programs.stat().st_mode) & stat.S_IXOTH:  # installed under a umask such as 077
        for path in (programs.parent, *programs.parent.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (mode & stat.S_IRWXU) >> 6)


def _let_through(path: Path) -> None:
    """Lets others pass the folders on the way to a path, not read them."""
    for parent in path.resolve().parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


def options() -> dict[str, Any]:
    """The options of ``subprocess.run`` for programs of the server."""
    if os.geteuid() != 0:
        return {}
    user = _ensure_user()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _ensure_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        _make_user()
        return pwd.getpwnam(NAME)


def check_name() -> None:
    """Raises ``NoUser`` where this user has no name: no database can be made then, only one be started."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise NoUser(
            "To make its database, Postgres needs a user with a name; give the user id "
            f"{os.geteuid()} one in /etc/passwd, or set DIAMONDS_DATABASE_URL."
        ) from None


def _make_user() -> None:
    try:
        subprocess.run(["useradd", "-s", "/bin/sh", NAME], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoUser(
            f"Postgres does not run as root, and no user {NAME} could be made for it; run this as another "
            "user, or set DIAMONDS_DATABASE_URL."
        ) from error


def uids() -> set[int]:
    """The user of the server, where we are root and have made it."""
    try:
        return {pwd.getpwnam(NAME).pw_uid} if os.geteuid() == 0 else set()
    except KeyError:
        return set()
