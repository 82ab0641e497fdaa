"""On PYTHONPATH: makes flushing a file to its disk fail as long as the file DISK_FAILS exists."""

import errno
import os

_fdatasync = os.fdatasync


def fdatasync(file: int) -> None:
    if os.path.exists(os.environ["DISK_FAILS"]):  # noqa: PTH110 - at the start of each process, for nothing else
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    _fdatasync(file)


os.fdatasync = fdatasync  # type: ignore[assignment] # the journal passes numbers alone
