"""Appends exchanges to a worker's journal: a folder of segment files, locked as long as the worker lives."""

import logging
import os
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NoReturn

import uuid_utils

from diamonds.exchanges.journal.disk import flush
from diamonds.exchanges.journal.locks import create_locked_folder
from diamonds.logs import OncePerMinute

logger = logging.getLogger(__name__)

SEGMENT_BYTES = 4 * 1024 * 1024
_RETRY_DISK_AFTER_S = 0.5


class JournalFull(OSError):
    """The journal has reached its maximum size, or its disk is full; it took ``written`` frames before."""

    written = 0


class Journal:
    """Appends frames for a worker. A frame is safe from the death of the process once ``append`` returns.

    Another process reads the frames and removes the segments that it has shipped. A frame is written at once
    or taken back, so that what that process reads as a whole frame stays one. ``problem`` is why the last
    frame could not be written, or None.
    """

    def __init__(
        self,
        parent: Path,
        *,
        max_bytes: int,
        sync: bool = False,
        segment_bytes: int = SEGMENT_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = parent / str(uuid_utils.uuid7())
        self.problem: str | None = None
        self._max_bytes, self._syncs, self._segment_bytes = max_bytes, sync, segment_bytes
        self._clock, self._log = clock, OncePerMinute(clock)
        self._mutex = threading.Lock()
        self._lock: int | None = None
        self._file: int | None = None
        self._segment = self._offset = 0
        self._closed_unsynced: list[int] = []
        self._closed_bytes = 0
        self._retry_disk_at = 0.0

    def lock(self) -> int:
        """Creates the folder, unless it exists, and returns the file whose lock marks it as owned.

        Raises OSError when the disk takes no folder.
        """
        with self._mutex:
            return self._locked()

    def append(self, *frames: bytes) -> None:
        """Raises OSError when they cannot be written at once, and for a moment afterwards without trying."""
        with self._mutex:
            if self.problem is not None and self._clock() < self._retry_disk_at:
                raise JournalFull(self.problem)
            try:
                self._write(frames)
            except OSError as problem:
                self._on_failure(problem)
                raise
            self.problem = None

    def sync(self) -> None:
        """Makes what was appended safe from a power cut, too.

        Raises OSError when the disk fails. Then what was appended since the last sync has to be appended to a
        new segment: the kernel takes what it could not write for written, so that the next sync says nothing.
        """
        with self._mutex:
            files, self._closed_unsynced = self._closed_unsynced, []
            if self._file is not None:
                files.append(os.dup(self._file))
        try:
            for file in files:
                flush(file)
        finally:
            for file in files:
                os.close(file)

    def start_segment(self) -> None:
        """Appends to a new segment from now on."""
        with self._mutex:
            self._close_segment()

    def close(self) -> None:
        """Unlocks the folder: unless a shipper has it locked, too, others may adopt what is left in it."""
        self.start_segment()
        try:
            self.sync()
        except OSError as problem:
            logger.error("The end of the journal may not be safe from a power cut: %s", problem)
        with self._mutex:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _locked(self) -> int:
        if self._lock is None:
            self._lock = create_locked_folder(self.folder)
        return self._lock

    def _write(self, frames: Sequence[bytes]) -> None:
        data = b"".join(frames)
        file = self._file
        if file is None or self._offset >= self._segment_bytes:
            file = self._file = self._open_segment()
        if self._closed_bytes + self._offset + len(data) > self._max_bytes:
            self._check_size(len(data))
        written = os.write(file, data)
        if written < len(data):
            self._take_back_incomplete(file, frames, written)
        self._offset += written

    def _take_back_incomplete(self, file: int, frames: Sequence[bytes], written: int) -> NoReturn:
        """Whole frames stay: the shipper may have read them already."""
        ends = list(accumulate(map(len, frames)))
        problem = JournalFull("the disk is full")
        problem.written = bisect_right(ends, written)
        self._offset += ends[problem.written - 1] if problem.written else 0
        os.ftruncate(file, self._offset)
        raise problem

    def _check_size(self, more: int) -> None:
        """Raises JournalFull, unless segments have been shipped since their size was last measured."""
        self._closed_bytes = self._measure_closed_segments()
        if self._closed_bytes + self._offset + more > self._max_bytes:
            raise JournalFull(f"the journal holds its {self._max_bytes:,} bytes (DIAMONDS_JOURNAL_MAX_BYTES)")

    def _open_segment(self) -> int:
        self._locked()
        self._close_segment()
        self._closed_bytes = self._measure_closed_segments()
        path = segment_path(self.folder, self._segment)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _close_segment(self) -> None:
        if self._file is None:
            return
        if self._syncs:
            self._closed_unsynced.append(self._file)
        else:
            os.close(self._file)
        self._file = None
        self._segment, self._offset = self._segment + 1, 0

    def _measure_closed_segments(self) -> int:
        """Their size in bytes; some may have just been removed."""
        with os.scandir(self.folder) as entries:
            sizes = {entry.name: _size(entry) for entry in entries}
        return sum(sizes.values()) - sizes.get(segment_path(self.folder, self._segment).name, 0)

    def _on_failure(self, problem: OSError) -> None:
        self._retry_disk_at = self._clock() + _RETRY_DISK_AFTER_S
        if self.problem is None and self._log.is_due(problem.errno):
            logger.error("The journal cannot be written, exchanges are buffered in memory: %s", problem)
        self.problem = str(problem)


def _size(entry: "os.DirEntry[str]") -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        return 0


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:010d}.frames"


def segments(folder: Path) -> list[int]:
    """The numbers of a journal's segments, the oldest first."""
    return sorted(int(path.stem) for path in folder.glob("*.frames"))
