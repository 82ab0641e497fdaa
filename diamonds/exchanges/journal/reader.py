"""Reads a journal's frames back, joins answers with their requests, and removes what has been shipped."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from diamonds.exchanges.frames import Answer, Body, Damaged, Joined, Request, frame_at, next_frame
from diamonds.exchanges.journal.writer import LOCK, segment_path, segments

logger = logging.getLogger(__name__)

ABANDONED_AFTER_S = 600.0


class Position(NamedTuple):
    """A place in a journal."""

    segment: int
    offset: int


class Unshipped:
    """What a journal holds that is not in the database yet, oldest first.

    ``take`` goes forward; ``forget`` says that all that was taken is in the database. Segments are removed
    once every request that began in them has its answer there, too.

    ``complete`` says that nobody writes the journal any more. Until then its last frame may be half written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged = 0
        self._at = Position(min(segments(folder), default=0), 0)
        self._suspected: Position | None = None
        self._open: dict[int, tuple[int, Request]] = {}

    def take(self, *, rows: int, size: int, complete: bool) -> list[Joined]:
        """Up to about so many exchanges, or bytes of them, that have their answer."""
        taken: list[Joined] = []
        for frame, length in self._frames(complete):
            size -= length
            joined = self._join(frame)
            if joined is not None:
                taken.append(joined)
            if len(taken) >= rows or size <= 0:
                break
        return taken

    def take_unanswered(self, started_before: float = float("inf")) -> list[Joined]:
        """Requests that began before then and have no answer, as their worker was killed or forgot them."""
        numbers = [number for number, (_, asked) in self._open.items() if asked.started_at < started_before]
        return [(self._open.pop(number)[1], None) for number in numbers]

    def take_abandoned(self) -> list[Joined]:
        return self.take_unanswered(time.time() - ABANDONED_AFTER_S) if self._open else []

    def behind(self) -> int:
        """Bytes on disk that have not been taken yet."""
        waiting = [number for number in segments(self.folder) if number >= self._at.segment]
        sizes = (segment_path(self.folder, number).stat().st_size for number in waiting)
        return max(0, sum(sizes) - self._at.offset)

    def forget(self) -> None:
        """Removes the segments that nobody needs any more."""
        needed = min((segment for segment, _ in self._open.values()), default=self._at.segment)
        for number in segments(self.folder):
            if number < min(needed, self._at.segment):
                segment_path(self.folder, number).unlink()

    def remove(self) -> None:
        """Removes the journal, all of which is in the database."""
        for path in sorted(self.folder.iterdir(), key=lambda path: path.name == LOCK):
            path.unlink()
        self.folder.rmdir()

    def _join(self, frame: Request | Answer) -> Joined | None:
        if isinstance(frame, Request):
            self._open[frame.number] = (self._at.segment, frame)
            return None
        _, asked = self._open.pop(frame.number, (0, None))
        return asked or _unknown(frame), frame

    def _frames(self, complete: bool) -> Iterator[tuple[Request | Answer, int]]:
        # Segments are listed before they are read: only to the newest of these may still be written.
        existing = segments(self.folder)
        for number in existing:
            if number < self._at.segment:
                continue
            if number > self._at.segment:
                self._at = Position(number, 0)
            yield from self._frames_of_segment(whole=complete or number < existing[-1])

    def _frames_of_segment(self, *, whole: bool) -> Iterator[tuple[Request | Answer, int]]:
        number, began = self._at
        data, start = self._rest(), 0
        while start < len(data):
            try:
                frame, end = frame_at(data, start)
            except Damaged:
                found = self._after_damage(data, start, whole)
                if found is None:
                    return
                self._note_damage(found - start)
                start = found
                self._at = Position(number, began + start)
                continue
            self._at = Position(number, began + end)
            yield frame, end - start
            start = end

    def _rest(self) -> bytes:
        with segment_path(self.folder, self._at.segment).open("rb", buffering=0) as file:
            file.seek(self._at.offset)
            return file.read()

    def _after_damage(self, data: bytes, start: int, whole: bool) -> int | None:
        """Where to read on after damage; None where it may be a frame that is being written.

        What is being written has no whole frame behind it. It may be read in part, or be taken back when the
        disk is full while we read: only what looks the same the next time is damage.
        """
        found = next_frame(data, start + 1)
        if whole:
            return len(data) if found is None else found
        suspected, self._suspected = self._suspected, self._at
        return found if suspected == self._at else None

    def _note_damage(self, skipped: int) -> None:
        self.damaged += skipped
        path = segment_path(self.folder, self._at.segment)
        logger.error("Skipped %s damaged bytes of %s at %s.", skipped, path, self._at.offset)


def _unknown(answer: Answer) -> Request:
    """Stands for a request that damage took; an id of ours tells at least when it came."""
    started_at = (UUID(answer.id).int >> 80) / 1000
    return Request(answer.number, answer.id, started_at, "", "", "", None, False, Body(b""))
