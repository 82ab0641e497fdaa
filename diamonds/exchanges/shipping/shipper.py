"""Moves exchanges from a worker's journal, and from those of dead workers, to the database."""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from diamonds.database import engine
from diamonds.exchanges.frames import Joined
from diamonds.exchanges.journal.locks import orphans
from diamonds.exchanges.journal.reader import JournalReader
from diamonds.exchanges.metrics import metrics
from diamonds.exchanges.shipping.blockage import Blockage
from diamonds.exchanges.shipping.problems import DatabaseProblem, reason_of
from diamonds.exchanges.shipping.retention import start_retention
from diamonds.exchanges.shipping.sink import Sink
from diamonds.logs import OncePerMinute

logger = logging.getLogger(__name__)

ROWS, SIZE = 1000, 2 * 1024 * 1024  # of one batch
POLL_S, ADOPT_EVERY_S, RETRY_EVERY_S, REPORT_EVERY_S = 0.5, 2.0, 2.0, 1.0
MAX_BACKOFF_S = 2.0
FLUSH_WITHIN_S = 5.0
FAR_BEHIND = 64 * 1024 * 1024
RETENTION_EVERY_S = 6 * 3600.0


class OutOfTime(Exception):
    """The shipper had to stop before the database took everything; the rest stays in the journal."""


class Shipper:
    """A thread that ships a journal until it is stopped, through any outage of the database.

    ``report`` is called with the problem of the database, or None, whenever that changes. ``catching_up``
    is true from when the shipper is far behind until nothing waits: then its priority is not lowered.
    """

    def __init__(self, folder: Path, report: Callable[[str | None], None] = lambda problem: None) -> None:
        self._folder, self._blockage = folder, Blockage(report)
        self._journal = JournalReader(folder)
        self._sink = Sink(folder.parent)
        self._log = OncePerMinute()
        self._waiting_since: float | None = None
        self.catching_up = False
        self._stopping = threading.Event()
        self._deadline = float("inf")
        self._adopt_at = self._check_at = self._retry_at = self._measure_at = self._retention_at = 0.0
        self._thread = threading.Thread(target=self._run, name="shipper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Ships the rest of a journal that nobody writes any more, and removes it.

        What the database does not take in that time stays there.
        """
        self._deadline = time.monotonic() + within_s
        self._stopping.set()
        self._thread.join(within_s + 1.0)

    def adopt(self) -> None:
        """Ships the journals whose worker and shipper are dead; any living shipper does it."""
        for folder, lock in orphans(self._folder.parent):
            try:
                self._drain(orphan := JournalReader(folder), metrics().adopted.inc)
                orphan.remove()
            except OSError as problem:
                if self._log.is_due((folder, problem.errno)):
                    logger.error("The journal %s of a dead worker cannot be read: %s", folder, problem)
            finally:
                os.close(lock)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._run_once()
            self._drain(self._journal)
            self._journal.remove()
        except OutOfTime:
            logger.warning("The database takes no exchanges; they wait in %s.", self._folder)
        except OSError as problem:
            logger.error("The journal %s cannot be read: %s", self._folder, problem)

    def _run_once(self) -> None:
        self._check_database()
        try:
            more = self._ship_batch()
            self._measure()
        except OSError as problem:
            self._blockage.note(DatabaseProblem("busy", f"the journal cannot be read: {problem}"))
            self._journal = JournalReader(self._folder)  # reads again what was read and not shipped
            more = False
        if time.monotonic() >= self._adopt_at:
            self.adopt()
            self._adopt_at = time.monotonic() + ADOPT_EVERY_S
        if time.monotonic() >= self._retry_at:
            self._retry_at = time.monotonic() + RETRY_EVERY_S
            self._retry_refused()
        if time.monotonic() >= self._retention_at and self._sink.is_prepared:
            start_retention()
            self._retention_at = time.monotonic() + RETENTION_EVERY_S
        if not more:
            self._stopping.wait(POLL_S)

    def _check_database(self) -> None:
        """Creates the tables before the first exchange, and notices when the database is back."""
        healthy = self._sink.is_prepared and not self._blockage
        if healthy or time.monotonic() < self._check_at:
            return
        self._check_at = time.monotonic() + MAX_BACKOFF_S
        try:
            self._sink.check()
            self._blockage.end()
        except Exception as problem:  # noqa: BLE001 - a thread's outermost edge
            self._blockage.note(problem)

    def _ship_batch(self) -> bool:
        """Ships one batch, and returns whether the next is full as well; many small ones cost much more."""
        batch = self._journal.read(rows=ROWS, size=SIZE, complete=False) or self._journal.read_abandoned()
        self._write(batch)
        self._journal.remove_shipped()
        more = len(batch) >= ROWS or self._journal.unread_bytes() > SIZE
        self._waiting_since = batch[-1][0].started_at if more and batch else None
        return more

    def _drain(self, journal: JournalReader, count: Callable[[int], None] = lambda shipped: None) -> None:
        """Ships all of a journal that nobody writes any more; raises OutOfTime after the deadline."""
        while batch := journal.read(rows=ROWS, size=SIZE, complete=True) or journal.read_unanswered():
            self._write(batch)
            count(len(batch))
            if time.monotonic() > self._deadline:
                raise OutOfTime

    def _retry_refused(self) -> None:
        if not self._blockage:
            try:
                self._sink.refusals.retry_due()
            except Exception as problem:  # noqa: BLE001 - a thread's outermost edge
                self._on_failed_retry(problem)

    def _on_failed_retry(self, error: Exception) -> None:
        """Exchanges may be taken all the same, where only the table of dead letters may not be used."""
        try:
            self._sink.check()
        except Exception as problem:  # noqa: BLE001 - a thread's outermost edge
            self._blockage.note(problem)
        else:
            self._retry_at = time.monotonic() + RETENTION_EVERY_S
            logger.warning("Dead letters cannot be retried: %s", reason_of(error))

    def _write(self, batch: Sequence[Joined]) -> None:
        """Returns when the batch is in the database, through any outage of that."""
        backoff = 0.05
        while batch:
            try:
                self._sink.write(batch)
                self._blockage.end()
                return
            except Exception as problem:  # noqa: BLE001 - a thread's outermost edge; nothing may lose the batch
                self._blockage.note(problem)
                self._waiting_since = batch[0][0].started_at
                self._measure()
                self._wait(backoff)
                backoff = min(2 * backoff, MAX_BACKOFF_S)

    def _measure(self) -> None:
        if time.monotonic() >= self._measure_at:
            since, behind = self._waiting_since, self._journal.unread_bytes()
            metrics().depth.set(behind)
            metrics().oldest.set(time.time() - since if since else 0.0)
            self._set_priority(behind)
            self._measure_at = time.monotonic() + REPORT_EVERY_S

    def _set_priority(self, behind: int) -> None:
        catching_up = behind > (SIZE if self.catching_up else FAR_BEHIND)
        if catching_up != self.catching_up and self._sink.is_prepared:
            self.catching_up = catching_up
            engine().dispose()  # priority is set for the server process of each new connection

    def _wait(self, seconds: float) -> None:
        if time.monotonic() + seconds > self._deadline:
            raise OutOfTime
        time.sleep(seconds) if self._stopping.is_set() else self._stopping.wait(seconds)
