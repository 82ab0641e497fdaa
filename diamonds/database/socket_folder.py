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


def socket_folder(folder: Path) -> Path:
    """The folder for the socket of the server of ``folder``; makes it where it is not that folder itself."""
    # Its clients take a comma for the end of a path.
    if len(os.fsencode(f"{folder}/{SOCKET}")) <= LONGEST and "," not in str(folder):
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"diamonds-{os.getuid()}-{digest}"
    short.mkdir(0o700, exist_ok=True)
    check_owner(short, postgres_user.uids())
    postgres_user.hand_over(short)
    return short
