"""Checks the home folder, the disk, the temporary folder, and what runs in the home."""

import os
import shutil
import tempfile
from collections.abc import Iterator

from diamonds.doctor.disk_use import disk_use
from diamonds.doctor.finding import Finding, right, wrong
from diamonds.owner import ForeignFolder, check_owner
from diamonds.settings import settings
from diamonds.stack.only_run import running_pid
from diamonds.stack.processes import mark_of, marked, text_of
from diamonds.stack.user_folders import existing

LEAST_FREE_BYTES = 10**9
"""What models, exchanges and a training need before long."""


def check_home() -> Iterator[Finding]:
    """Whether the home is this user's and can be written."""
    home = settings().home
    try:
        check_owner(home)
    except ForeignFolder as error:
        yield wrong("home", str(error))
        return
    folder = existing(home)
    if os.access(folder, os.W_OK | os.X_OK):
        yield right("home", str(home))
    else:
        yield wrong("home", f"{folder} cannot be written; set DIAMONDS_HOME to a folder that can")


def check_disk() -> Iterator[Finding]:
    """Whether the disk of the home has room."""
    folder = existing(settings().home)
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB are free where {folder} is"
    if free < LEAST_FREE_BYTES:
        yield wrong("disk", f"{text}; make room, or set DIAMONDS_HOME to a folder of another disk")
    else:
        yield right("disk", text)


def check_disk_use() -> Iterator[Finding]:
    """What each part takes, and whether each of their disks has room."""
    found = list(disk_use())
    parts = ", ".join(f"{each.part} {each.used_bytes / 1e6:,.0f} MB" for each in found)
    least = min(found, key=lambda each: each.free_bytes)
    text = f"{parts}; {least.free_bytes / 1e9:.1f} GB are free for {least.part}"
    if least.free_bytes < LEAST_FREE_BYTES:
        yield wrong("disk use", f"{text}; make room, or set DIAMONDS_KEEP_VERSIONS lower")
    else:
        yield right("disk use", text)


def check_temporary_folder() -> Iterator[Finding]:
    """Whether there is a temporary folder that can be written."""
    try:
        yield right("temporary", tempfile.gettempdir())
    except FileNotFoundError as error:
        yield wrong("temporary", f"{error.strerror or error}; set TMPDIR to a folder that can be written")


def check_run() -> Iterator[Finding]:
    """What runs in the home, and whether a killed run has left processes there."""
    home = settings().home
    pid = running_pid(home)
    left = marked(mark_of(home))
    if pid is not None:
        yield right("run", f"diamonds runs in {home}, as process {pid}")
    elif left:
        kill = " ".join(str(process.pid) for process in left)
        names = ", ".join(map(text_of, left))
        yield wrong("run", f"A killed run has left {names}; the next start ends them, as does: kill {kill}")
    else:
        yield right("run", f"Nothing runs in {home}")
