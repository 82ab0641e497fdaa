"""A worker's own durable queue of exchanges: files of frames, in a folder locked for as long as it lives."""

import fcntl
import logging
import os
import threading
import time
from pathlib import Path

import uuid_utils

logger = logging.getLogger(__name__)

SEGMENT_BYTES = 4 * 1024 * 1024
LOCK = "lock"
_TRY_DISK_AGAIN_S = 0.5


class JournalFull(OSError):
    """The journal holds as much as its setting allows, or its disk takes no more."""


class Journal:
    """Appends frames for a worker. A frame is safe from the death of the process once ``append`` returns.

    Another process reads the frames and removes the segments that it has shipped. A frame is written at once
    or taken back, so that what that process reads as a whole frame stays one.
    """

    def __init__(self, parent: Path, *, max_bytes: int, sync: bool = False) -> None:
        self.folder = parent / str(uuid_utils.uuid7())
        self.problem: str | None = None
        self._max_bytes, self._syncs = max_bytes, sync
        self._one_at_a_time = threading.Lock()
        self._held: int | None = None
        self._file: int | None = None
        self._segment = self._offset = 0
        self._in_closed = 0
        self._disk_again_at = 0.0

    def hold(self) -> int:
        """Makes the folder, if it is not there yet, and gives the file whose lock says that it has an owner.

        Raises OSError when the disk takes no folder.
        """
        with self._one_at_a_time:
            return self._hold()

    def append(self, frame: bytes) -> None:
        """Raises OSError when the disk does not take the frame, and at once for a moment afterwards."""
        with self._one_at_a_time:
            if self.problem is not None and time.monotonic() < self._disk_again_at:
                raise JournalFull(self.problem)
            try:
                self._write(frame)
            except OSError as problem:
                self._note(problem)
                raise
            self.problem = None

    def sync(self) -> None:
        """Makes what was appended safe from a power cut, too."""
        with self._one_at_a_time:
            file = None if self._file is None else os.dup(self._file)
        if file is not None:
            os.fdatasync(file)
            os.close(file)

    def close(self) -> None:
        """Lets go of the folder: unless a shipper holds it, what is left in it is anybody's to adopt."""
        with self._one_at_a_time:
            self._close_segment()
            if self._held is not None:
                os.close(self._held)
                self._held = None

    def _hold(self) -> int:
        if self._held is None:
            self._held = locked_folder(self.folder)
        return self._held

    def _write(self, frame: bytes) -> None:
        file = self._file
        if file is None or self._offset >= SEGMENT_BYTES:
            file = self._file = self._open_segment()
        if self._in_closed + self._offset + len(frame) > self._max_bytes:
            self._make_sure_that_it_is_full(len(frame))
        written = os.write(file, frame)
        if written < len(frame):
            os.ftruncate(file, self._offset)
            raise JournalFull("the disk is full")
        self._offset += written

    def _make_sure_that_it_is_full(self, more: int) -> None:
        """What was shipped since the last count makes room."""
        self._in_closed = self._measured()
        if self._in_closed + self._offset + more > self._max_bytes:
            raise JournalFull(f"the journal holds its {self._max_bytes:,} bytes (DIAMONDS_JOURNAL_MAX_BYTES)")

    def _open_segment(self) -> int:
        self._hold()
        self._close_segment()
        self._in_closed = self._measured()
        path = segment_path(self.folder, self._segment)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _close_segment(self) -> None:
        if self._file is None:
            return
        if self._syncs:
            os.fdatasync(self._file)
        os.close(self._file)
        self._file = None
        self._segment, self._offset = self._segment + 1, 0

    def _measured(self) -> int:
        """Bytes in the closed segments, some of which have just been removed, perhaps."""
        with os.scandir(self.folder) as entries:
            sizes = {entry.name: size_of(entry) for entry in entries}
        return sum(sizes.values()) - sizes.get(segment_path(self.folder, self._segment).name, 0)

    def _note(self, problem: OSError) -> None:
        self._disk_again_at = time.monotonic() + _TRY_DISK_AGAIN_S
        if self.problem is None:
            logger.error("The journal takes no exchanges, memory does: %s", problem)
        self.problem = str(problem)


def size_of(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        return 0


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:010d}.frames"


def segments(folder: Path) -> list[int]:
    """The numbers of a journal's segments, the oldest first."""
    return sorted(int(path.stem) for path in folder.glob("*.frames"))


def locked_folder(folder: Path) -> int:
    """Makes a folder that was locked before anybody could see it; the lock lasts until the file is closed,
    also by the processes that inherited it."""
    hidden = folder.with_name(f".{folder.name}")
    hidden.mkdir(parents=True, exist_ok=True)
    held = os.open(hidden / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    hidden.rename(folder)
    return held


def orphans(parent: Path) -> list[tuple[Path, int]]:
    """The journals under ``parent`` whose owners are no more, each locked by the file that comes with it."""
    found = []
    for folder in sorted(parent.glob("*-*-*-*-*")):
        held = _lock_of_dead(folder)
        if held is not None:
            found.append((folder, held))
    return found


def _lock_of_dead(folder: Path) -> int | None:
    try:
        held = os.open(folder / LOCK, os.O_RDWR)
    except (FileNotFoundError, NotADirectoryError):
        return None  # another worker has just finished with it, or it is no journal
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    return held
