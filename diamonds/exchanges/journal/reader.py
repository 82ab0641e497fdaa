"""Reads a journal: joins responses with their requests, skips damage, removes what has been shipped."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from diamonds.exchanges.frames import (
    Body,
    DamagedFrame,
    Joined,
    Request,
    Response,
    decode_frame,
    find_frame,
)
from diamonds.exchanges.journal.locks import LOCK
from diamonds.exchanges.journal.writer import segment_path, segments

logger = logging.getLogger(__name__)

ABANDONED_AFTER_S = 600.0


class Position(NamedTuple):
    """An offset in a journal."""

    segment: int
    offset: int


class JournalReader:
    """Reads the exchanges of a journal that are not in the database yet, oldest first.

    ``read`` goes forward; call ``remove_shipped`` once all that was read is in the database. It removes a
    segment as soon as every request in it has its response there, too, whatever is left of those before it.
    ``damaged`` counts skipped bytes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged = 0
        self._position = Position(min(segments(folder), default=0), 0)
        self._suspected: Position | None = None
        self._unanswered: dict[int, tuple[int, Request]] = {}

    def read(self, *, rows: int, size: int, complete: bool) -> list[Joined]:
        """The next answered exchanges: up to so many, or about so many bytes.

        ``complete`` says that nobody writes the journal any more; otherwise its last frame may be incomplete.
        """
        batch: list[Joined] = []
        for message, length in self._messages(complete):
            size -= length
            joined = self._join(message)
            if joined is not None:
                batch.append(joined)
            if len(batch) >= rows or size <= 0:
                break
        return batch

    def read_unanswered(self, started_before: float = float("inf")) -> list[Joined]:
        """Requests older than that without a response, for their worker was killed or dropped them."""
        numbers = [
            number for number, (_, request) in self._unanswered.items() if request.started_at < started_before
        ]
        return [(self._unanswered.pop(number)[1], None) for number in numbers]

    def read_abandoned(self) -> list[Joined]:
        """Requests so old that no response is expected any more."""
        return self.read_unanswered(time.time() - ABANDONED_AFTER_S) if self._unanswered else []

    def unread_bytes(self) -> int:
        """Bytes on disk that have not been read yet."""
        unread = [number for number in segments(self.folder) if number >= self._position.segment]
        sizes = (segment_path(self.folder, number).stat().st_size for number in unread)
        return max(0, sum(sizes) - self._position.offset)

    def remove_shipped(self) -> None:
        """Removes the segments of which everything is in the database, as all that was read is.

        A request without a response yet keeps only its own segment. It may never get one: where the disk was
        full, the response has gone another way.
        """
        needed = {number for number, _ in self._unanswered.values()}
        for number in segments(self.folder):
            if number < self._position.segment and number not in needed:
                segment_path(self.folder, number).unlink()

    def remove(self) -> None:
        """Removes the journal, all of which is in the database."""
        for path in sorted(self.folder.iterdir(), key=lambda path: path.name == LOCK):
            path.unlink()
        self.folder.rmdir()

    def _join(self, message: Request | Response) -> Joined | None:
        if isinstance(message, Request):
            self._unanswered[message.number] = (self._position.segment, message)
            return None
        _, request = self._unanswered.pop(message.number, (0, None))
        return request or _placeholder(message), message

    def _messages(self, complete: bool) -> Iterator[tuple[Request | Response, int]]:
        # Segments are listed before they are read: only the newest of these may still be written.
        existing = segments(self.folder)
        for number in existing:
            if number < self._position.segment:
                continue
            if number > self._position.segment:
                self._position = Position(number, 0)
            yield from self._messages_of_segment(complete=complete or number < existing[-1])

    def _messages_of_segment(self, *, complete: bool) -> Iterator[tuple[Request | Response, int]]:
        number, offset = self._position
        data, start = self._unread_content(), 0
        while start < len(data):
            try:
                message, end = decode_frame(data, start)
            except DamagedFrame:
                end_of_damage = self._end_of_damage(data, start, complete)
                if end_of_damage is None:
                    return
                self._log_damage(end_of_damage - start)
                start = end_of_damage
                self._position = Position(number, offset + start)
                continue
            self._position = Position(number, offset + end)
            yield message, end - start
            start = end

    def _unread_content(self) -> bytes:
        with segment_path(self.folder, self._position.segment).open("rb", buffering=0) as file:
            file.seek(self._position.offset)
            return file.read()

    def _end_of_damage(self, data: bytes, start: int, complete: bool) -> int | None:
        """Where to read on after damage; None where it may be a frame that is being written.

        What is being written has no whole frame behind it. It may be read in part, or be taken back when the
        disk is full while we read: only what looks the same the next time is damage.
        """
        next_frame = find_frame(data, start + 1)
        if complete:
            return len(data) if next_frame is None else next_frame
        suspected, self._suspected = self._suspected, self._position
        return next_frame if suspected == self._position else None

    def _log_damage(self, skipped: int) -> None:
        self.damaged += skipped
        path = segment_path(self.folder, self._position.segment)
        logger.error("Skipped %s damaged bytes of %s at %s.", skipped, path, self._position.offset)


def _placeholder(response: Response) -> Request:
    """Stands for a request that was lost to damage; an id of ours contains at least its time."""
    started_at = (UUID(response.id).int >> 80) / 1000
    return Request(response.number, response.id, started_at, "", "", "", None, False, Body(b""))
