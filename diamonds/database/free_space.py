"""Detects when the disk of the embedded Postgres is so full that another row might stop the server."""

import shutil

from diamonds.settings import settings

LEAST_FREE_BYTES = 32 * 1024**2
"""Two segments of its write-ahead log: where it cannot begin the next one, it stops, and has to recover."""


def is_disk_full() -> bool:
    """Whether nothing more should be written to the embedded Postgres, where that is what is used."""
    folder = settings().home / "postgres"
    if settings().database_url is not None or not folder.exists():
        return False
    return shutil.disk_usage(folder).free < LEAST_FREE_BYTES
