"""The file of dead letters that not even their table takes: frames as in a journal, a reason before each."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

import orjson

from diamonds.exchanges.database.dead_letters import Refusal, frames_of
from diamonds.exchanges.frames import Joined, Request, decode_frame, find_frame
from diamonds.exchanges.journal.disk import flush

_UNKNOWN = Refusal("unknown")


class RefusedFile:
    """Shared by all processes of a machine; what was appended is safe from a power cut."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, exchange: Joined, refusal: Refusal) -> None:
        """Raises OSError when the disk does not take it; then nothing of it stays in the file."""
        reason = orjson.dumps(asdict(refusal)) + b"\n"
        with self._locked() as file:
            end = file.seek(0, os.SEEK_END)
            try:
                file.write(reason + frames_of(exchange))
                file.flush()
                flush(file.fileno())
            except OSError:
                file.truncate(end)
                raise

    def move(self, store: Callable[[list[tuple[Joined, Refusal]]], None]) -> None:
        """Passes all dead letters to ``store``, and empties the file when that succeeds."""
        if not self.path.exists() or self.path.stat().st_size == 0:
            return
        with self._locked() as file:
            store(_parse(file.read()))
            file.truncate(0)
            flush(file.fileno())

    @contextmanager
    def _locked(self) -> Iterator[IO[bytes]]:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _parse(data: bytes) -> list[tuple[Joined, Refusal]]:
    """The dead letters of a file; what is damaged is skipped."""
    letters: list[tuple[Joined, Refusal]] = []
    end, refusal = 0, _UNKNOWN
    while (start := find_frame(data, end)) is not None:
        if start > end:
            refusal = _refusal(data[end:start])
        frame, end = decode_frame(data, start)
        if isinstance(frame, Request):
            letters.append(((frame, None), refusal))
        elif letters:
            (request, _), reason = letters.pop()
            letters.append(((request, frame), reason))
    return letters


def _refusal(line: bytes) -> Refusal:
    try:
        return Refusal(**orjson.loads(line))
    except (orjson.JSONDecodeError, TypeError):
        return _UNKNOWN
