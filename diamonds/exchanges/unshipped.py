"""Reads a journal's frames back, joins answers with their requests, and removes what has been shipped."""

import io
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from diamonds.exchanges.frames import MAGIC, Answer, Body, Damaged, Request, read_frame
from diamonds.exchanges.journal import LOCK, Position, segment_path

logger = logging.getLogger(__name__)

Joined = tuple[Request, Answer | None]
ABANDONED_AFTER_S = 600.0


class Unshipped:
    """What a journal holds that is not in the database yet, oldest first.

    ``take`` goes forward; ``forget`` says that all that was taken is in the database. Segments are removed
    once every request that began in them has its answer there, too.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged = 0
        self._at = Position(min(_segments(folder), default=0), 0)
        self._file: BinaryIO | None = None
        self._open: dict[int, tuple[int, Request]] = {}

    def take(self, end: Position, *, rows: int, size: int) -> list[Joined]:
        """Up to about so many exchanges or bytes of them that have their answer before ``end``."""
        taken: list[Joined] = []
        for frame, length in self._frames(end):
            size -= length
            joined = self._join(frame)
            if joined is not None:
                taken.append(joined)
            if len(taken) >= rows or size <= 0:
                break
        return taken

    def take_from(self, frames: bytes) -> list[Joined]:
        """The exchanges that are answered in these frames, which no file holds."""
        file, taken = io.BytesIO(frames), []
        while file.tell() < len(frames):
            joined = self._join(read_frame(file)[0])
            if joined is not None:
                taken.append(joined)
        return taken

    def take_unanswered(self, started_before: float = float("inf")) -> list[Joined]:
        """Requests that began before then and have no answer, as their worker was killed or forgot them."""
        numbers = [number for number, (_, asked) in self._open.items() if asked.started_at < started_before]
        return [(self._open.pop(number)[1], None) for number in numbers]

    def take_abandoned(self) -> list[Joined]:
        return self.take_unanswered(time.time() - ABANDONED_AFTER_S) if self._open else []

    def behind(self) -> int:
        """Bytes on disk that have not been taken yet."""
        sizes = [
            segment_path(self.folder, number).stat().st_size
            for number in _segments(self.folder)
            if number >= self._at.segment
        ]
        return max(0, sum(sizes) - self._at.offset)

    def forget(self) -> int:
        """Removes the segments that nobody needs any more; their bytes."""
        needed = min((segment for segment, _ in self._open.values()), default=self._at.segment)
        freed = 0
        for number in _segments(self.folder):
            if number < min(needed, self._at.segment):
                path = segment_path(self.folder, number)
                freed += path.stat().st_size
                path.unlink()
        return freed

    def remove(self) -> None:
        """Removes the journal, all of which is in the database."""
        self.close()
        if not self.folder.exists():
            return  # nothing was ever kept in it
        for path in sorted(self.folder.iterdir(), key=lambda path: path.name == LOCK):
            path.unlink()
        self.folder.rmdir()

    def _join(self, frame: Request | Answer) -> Joined | None:
        if isinstance(frame, Request):
            self._open[frame.number] = (self._at.segment, frame)
            return None
        _, asked = self._open.pop(frame.number, (0, None))
        return asked or _unknown(frame), frame

    def _frames(self, end: Position) -> Iterator[tuple[Request | Answer, int]]:
        while (file := self._ready(end)) is not None:
            try:
                frame, length = read_frame(file)
            except Damaged:
                self._skip_damage(file, end)
                continue
            self._at = Position(self._at.segment, self._at.offset + length)
            yield frame, length

    def _ready(self, end: Position) -> BinaryIO | None:
        """The segment to read on in, the next where one is used up; None when all before ``end`` is read."""
        while self._at < end:
            file = self._file or self._opened()
            if file is not None and self._at.offset < self._limit(file, end):
                return file
            if self._at.segment == end.segment:
                return None
            self.close()
            self._at = Position(self._at.segment + 1, 0)
        return None

    def _opened(self) -> BinaryIO | None:
        path = segment_path(self.folder, self._at.segment)
        if not path.exists():
            return None
        self._file = path.open("rb")
        self._file.seek(self._at.offset)
        return self._file

    def _limit(self, file: BinaryIO, end: Position) -> int:
        size = os.fstat(file.fileno()).st_size
        return min(size, end.offset) if self._at.segment == end.segment else size

    def _skip_damage(self, file: BinaryIO, end: Position) -> None:
        """Goes on at the next frame that can be told, or at the segment's end."""
        start, limit = self._at.offset, self._limit(file, end)
        file.seek(start + 1)
        found = file.read(limit - start - 1).find(MAGIC)
        skipped = limit - start if found < 0 else found + 1
        self.damaged += skipped
        logger.error("Skipped %s damaged bytes of %s at %s.", skipped, file.name, start)
        self._at = Position(self._at.segment, start + skipped)
        file.seek(self._at.offset)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def end_of_orphan(folder: Path) -> Position:
    """A place after all that a dead worker's journal holds."""
    return Position(max(_segments(folder), default=-1) + 1, 0)


def _segments(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.frames"))


def _unknown(answer: Answer) -> Request:
    """Stands for a request that damage took; an id of ours tells at least when it came."""
    started_at = (UUID(answer.id).int >> 80) / 1000
    return Request(answer.number, answer.id, started_at, "", "", "", None, False, Body(b""))
