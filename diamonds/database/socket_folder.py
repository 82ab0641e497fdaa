"""Where the socket of the embedded Postgres is: in its folder, or a short one where that has a long name."""

import hashlib
import os
import tempfile
from pathlib import Path

from diamonds.database import postgres_user
from diamonds.owner import check_owner

LONGEST = 100
"""Maximum length of a folder's path, in bytes: the system takes 104 (macOS) or 108 for the socket in it."""

SOCKET = ".s.PGSQL.5432"


_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - what is made there is this user's alone
"""Where the socket is if the user's temporary folder has a long name, too."""


def socket_folder(folder: Path) -> Path:
    """The folder for the socket of the server of ``folder``; makes it where it is not that folder itself."""
    if _fits(folder):
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    places = [Path(tempfile.gettempdir()), *(Path(each) for each in _TEMPORARY if os.access(each, os.W_OK))]
    options = [place / f"diamonds-{os.getuid()}-{digest}" for place in places]
    short = next(filter(_fits, options), options[0])
    short.mkdir(0o700, exist_ok=True)
    check_owner(short, postgres_user.uids())
    postgres_user.hand_over(short)
    return short


def _fits(folder: Path) -> bool:
    """Whether a socket can be in the folder, and be found there: its clients take a comma for the end."""
    return len(os.fsencode(f"{folder}/{SOCKET}")) <= LONGEST and "," not in str(folder)
