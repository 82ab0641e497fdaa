"""A journal in SQLite, which ours is compared with: the same frames, one row for each write.

Writes survive the death of the process once ``append`` returns, and a power cut once ``sync`` does. Only the
shipper moves what is in the write-ahead log into the database file, so that no response waits for that.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import uuid_utils

from diamonds.exchanges.frames import Request, Response, decode_frame
from diamonds.exchanges.journal.locks import create_locked_folder
from diamonds.exchanges.journal.reader import JournalReader, Position

_FILE = "frames.sqlite"
_PAGE_BYTES = 4096
_ROWS = 2000
_LOG_PAGES = 4000  # which the worker moves itself when the shipper does not, as in an outage


class SqliteJournal:
    """Takes the place of ``Journal``."""

    def __init__(self, parent: Path, *, max_bytes: int, sync: bool = False) -> None:
        self.folder = parent / str(uuid_utils.uuid7())
        self.problem: str | None = None
        self._max_bytes, self._syncs = max_bytes, sync
        self._mutex = threading.Lock()
        self._lock: int | None = None
        self._database: sqlite3.Connection | None = None
        self._log: int | None = None

    def lock(self) -> int:
        with self._mutex:
            return self._locked()

    def append(self, *frames: bytes) -> None:
        try:
            with self._mutex:
                database = self._database or self._open()
                database.execute("INSERT INTO frames (content) VALUES (?)", (b"".join(frames),))
        except sqlite3.Error as error:
            self.problem = str(error)
            raise OSError(self.problem) from error
        self.problem = None

    def sync(self) -> None:
        """Flushes the log in this thread; ``synchronous=FULL`` would block all who append meanwhile."""
        if self._log is not None:
            os.fdatasync(self._log)

    def close(self) -> None:
        with self._mutex:
            if self._database is not None:
                self._database.close()
            for file in (self._log, self._lock):
                if file is not None:
                    os.close(file)
            self._database = self._log = self._lock = None

    def _locked(self) -> int:
        if self._lock is None:
            self._lock = create_locked_folder(self.folder)
        return self._lock

    def _open(self) -> sqlite3.Connection:
        self._locked()
        self._database = database = open_database(self.folder, sync=self._syncs)
        database.execute(f"PRAGMA max_page_count = {self._max_bytes // _PAGE_BYTES}")
        self._log = os.open(self.folder / f"{_FILE}-wal", os.O_RDONLY)
        return database


class SqliteReader(JournalReader):
    """Takes the place of ``JournalReader``: a position is a row and an offset in its content."""

    sync = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._database = open_database(folder, sync=self.sync)

    def unread_bytes(self) -> int:
        """Estimated: reading all that waits would take longer than shipping a batch."""
        newest, last = self._database.execute(
            "SELECT coalesce(max(id), 0), max(length(content)) "
            "FROM (SELECT * FROM frames ORDER BY id DESC LIMIT 1)"
        ).fetchone()
        unread: int = max(0, newest - self._position.segment) * (last or 0)
        return unread

    def remove_shipped(self) -> None:
        position = self._position.segment
        needed = min((id_ for id_, _ in self._unanswered.values()), default=position)
        self._database.execute("DELETE FROM frames WHERE id < ?", (min(needed, position),))
        self._database.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def remove(self) -> None:
        self._database.close()
        super().remove()

    def _messages(self, complete: bool) -> Iterator[tuple[Request | Response, int]]:
        while rows := self._unread_rows():
            for id_, content in rows:
                start = self._position.offset if id_ == self._position.segment else 0
                while start < len(content):
                    message, end = decode_frame(content, start)
                    self._position = Position(id_, end)
                    yield message, end - start
                    start = end

    def _unread_rows(self) -> list[tuple[int, bytes]]:
        query = (
            "SELECT id, content FROM frames WHERE id > ?1 OR (id = ?1 AND length(content) > ?2) "
            "ORDER BY id LIMIT ?3"
        )
        rows: list[tuple[int, bytes]] = self._database.execute(query, (*self._position, _ROWS)).fetchall()
        return rows


def open_database(folder: Path, *, sync: bool) -> sqlite3.Connection:
    database = sqlite3.connect(folder / _FILE, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = WAL")
    # NORMAL flushes the log before it is moved and never else: Journal.sync does that for the responses.
    database.execute(f"PRAGMA synchronous = {'NORMAL' if sync else 'OFF'}")
    database.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    database.execute("CREATE TABLE IF NOT EXISTS frames (id INTEGER PRIMARY KEY, content BLOB NOT NULL)")
    return database
