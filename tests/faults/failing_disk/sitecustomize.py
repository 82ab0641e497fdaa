"""On PYTHONPATH: makes flushing a file to its disk fail as long as the file DISK_FAILS exists."""

import errno
import os
from collections.abc import Callable
from typing import Any


def failing(flush: Callable[[Any], None]) -> Callable[[Any], None]:
    def fdatasync(file: Any) -> None:
        if os.path.exists(os.environ["DISK_FAILS"]):  # noqa: PTH110 - runs in every process, and imports little
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        flush(file)

    return fdatasync


os.fdatasync = failing(os.fdatasync)  # type: ignore[assignment] # it takes more than numbers of files
