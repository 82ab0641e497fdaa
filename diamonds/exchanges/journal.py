"""A worker's own durable queue of exchanges: files of frames, in a folder locked for as long as it lives."""

import fcntl
import logging
import os
import threading
import time
from pathlib import Path
from typing import NamedTuple

import uuid_utils

logger = logging.getLogger(__name__)

SEGMENT_BYTES = 8 * 1024 * 1024
SPILL_BYTES = 64 * 1024 * 1024  # what memory holds for a disk that takes nothing
_TRY_DISK_AGAIN_S = 0.5
LOCK = "lock"


class Position(NamedTuple):
    """A place in a journal."""

    segment: int
    offset: int


class JournalFull(OSError):
    """The journal holds as much as its setting allows."""


class Journal:
    """Appends frames for a worker. A frame is safe from the death of the process once ``append`` returns.

    What the disk does not take waits in memory, within a bound, for the disk or for the database, whichever
    comes back first; ``problem`` then says why, and ``lost`` counts what did not fit there either.
    """

    def __init__(self, parent: Path, *, max_bytes: int, sync: bool = False) -> None:
        self.folder = parent / str(uuid_utils.uuid7())
        self.problem: str | None = None
        self.lost = 0
        self._max_bytes, self._syncs = max_bytes, sync
        self._one_at_a_time = threading.Lock()
        self._held: int | None = None
        self._file: int | None = None
        self._segment = self._offset = 0
        self._closed_bytes = 0
        self._spilled: list[bytes] = []
        self._spilled_bytes = 0
        self._disk_again_at = 0.0

    @property
    def depth_bytes(self) -> int:
        """What waits here, on disk and in memory."""
        return self._closed_bytes + self._offset + self._spilled_bytes

    def append(self, frame: bytes) -> None:
        with self._one_at_a_time:
            if self._spilled and time.monotonic() < self._disk_again_at:
                self._spill(frame)
                return
            try:
                self._write(b"".join((*self._spilled, frame)))
            except OSError as problem:
                self._note(problem)
                self._spill(frame)
            else:
                self._forget_spilled()

    def end(self) -> Position:
        """Everything before this place is whole frames."""
        with self._one_at_a_time:
            return Position(self._segment, self._offset)

    def roll(self) -> None:
        """Starts a new segment with the next frame."""
        with self._one_at_a_time:
            self._close_segment()

    def take_spilled(self) -> bytes:
        """Hands over what waits in memory; it is newer than all that is on disk."""
        with self._one_at_a_time:
            taken = b"".join(self._spilled)
            self._forget_spilled()
            return taken

    def removed(self, size: int) -> None:
        """Takes note that a closed segment of ``size`` bytes is no more."""
        self._closed_bytes -= size

    def sync(self) -> None:
        """Makes what was appended safe from a power cut, too."""
        with self._one_at_a_time:
            file = None if self._file is None else os.dup(self._file)
        if file is not None:
            os.fdatasync(file)
            os.close(file)

    def close(self) -> None:
        """Lets go of the folder: whatever is left in it is anybody's to adopt."""
        with self._one_at_a_time:
            self._close_segment()
            if self._held is not None:
                os.close(self._held)
                self._held = None

    def _write(self, frames: bytes) -> None:
        file = self._file
        if file is None or self._offset >= SEGMENT_BYTES:
            file = self._file = self._open_segment()
        if self._closed_bytes + self._offset + len(frames) > self._max_bytes:
            raise JournalFull(f"the journal holds its {self._max_bytes:,} bytes (DIAMONDS_JOURNAL_MAX_BYTES)")
        written = os.write(file, frames)
        if written < len(frames):
            os.ftruncate(file, self._offset)
            raise OSError("the disk is full")
        self._offset += written

    def _open_segment(self) -> int:
        if self._held is None:
            self._held = locked_folder(self.folder)
        self._close_segment()
        path = segment_path(self.folder, self._segment)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _close_segment(self) -> None:
        if self._file is None:
            return
        if self._syncs:
            os.fdatasync(self._file)
        os.close(self._file)
        self._file = None
        self._closed_bytes += self._offset
        self._segment, self._offset = self._segment + 1, 0

    def _note(self, problem: OSError) -> None:
        self._disk_again_at = time.monotonic() + _TRY_DISK_AGAIN_S
        if self.problem is None:
            logger.error("The journal takes no exchanges, memory does: %s", problem)
        self.problem = str(problem)

    def _spill(self, frame: bytes) -> None:
        if self._spilled_bytes + len(frame) > SPILL_BYTES:
            self.lost += 1
            return
        self._spilled.append(frame)
        self._spilled_bytes += len(frame)

    def _forget_spilled(self) -> None:
        if self._spilled:
            self._spilled, self._spilled_bytes = [], 0
        self.problem = None


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:010d}.frames"


def locked_folder(folder: Path) -> int:
    """Makes a folder that was locked before anybody could see it; the lock lasts until the file is closed."""
    hidden = folder.with_name(f".{folder.name}")
    hidden.mkdir(parents=True, exist_ok=True)
    held = os.open(hidden / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    hidden.rename(folder)
    return held


def orphans(parent: Path) -> list[tuple[Path, int]]:
    """The journals under ``parent`` whose owner is no more, each locked by the file that comes with it."""
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
