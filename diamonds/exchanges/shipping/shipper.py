"""Moves exchanges from a worker's journal, and from those of dead workers, to the database."""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from diamonds.database import engine
from diamonds.exchanges.journal.reader import Joined, Unshipped
from diamonds.exchanges.journal.writer import orphans
from diamonds.exchanges.metrics import metrics
from diamonds.exchanges.shipping.sink import Store, reason_of

logger = logging.getLogger(__name__)

ROWS, SIZE = 1000, 2 * 1024 * 1024  # of one batch
POLL_S, ADOPT_EVERY_S, REPORT_EVERY_S = 0.5, 2.0, 1.0
LONGEST_PAUSE_S = 2.0
FLUSH_WITHIN_S = 5.0
FAR_BEHIND = 64 * 1024 * 1024


class Postponed(Exception):
    """The database took nothing before the shipper had to stop; the journal keeps it."""


class Shipper:
    """A thread that ships until it is stopped; the database may come and go meanwhile.

    ``tell`` hears what is wrong with the database, or None, whenever that changes. ``hurries`` while it is
    far behind, and until it has caught up: then shipping comes before all else.
    """

    def __init__(self, folder: Path, tell: Callable[[str | None], None] = lambda problem: None) -> None:
        self._folder, self._tell = folder, tell
        self._unshipped = Unshipped(folder)
        self._store = Store(folder.parent)
        self._problem: str | None = None
        self._waiting_since: float | None = None
        self.hurries = False
        self._stopping = threading.Event()
        self._deadline = float("inf")
        self._adopt_at = self._look_at = self._report_at = 0.0
        self._thread = threading.Thread(target=self._run, name="shipper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Ships what is left of a journal that nobody writes any more, and removes it.

        What the database does not take in that time stays there.
        """
        self._deadline = time.monotonic() + within_s
        self._stopping.set()
        self._thread.join(within_s + 1.0)

    def adopt(self) -> None:
        """Ships the journals whose worker and shipper are no more; any living shipper does it."""
        for folder, held in orphans(self._folder.parent):
            try:
                self._ship_the_rest(orphan := Unshipped(folder), metrics().adopted.inc)
                orphan.remove()
            except OSError as problem:
                logger.error("The journal %s of a dead worker cannot be read: %s", folder, problem)
            finally:
                os.close(held)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._turn()
            self._ship_the_rest(self._unshipped)
            self._unshipped.remove()
        except Postponed:
            logger.warning("The database takes no exchanges; they wait in %s.", self._folder)
        except OSError as problem:
            logger.error("The journal %s cannot be read: %s", self._folder, problem)

    def _turn(self) -> None:
        self._look()
        try:
            busy = self._ship()
            self._report()
        except OSError as problem:
            self._note(problem)
            self._unshipped = Unshipped(self._folder)  # what it took and did not ship, it takes again
            busy = False
        if time.monotonic() >= self._adopt_at:
            self.adopt()
            self._adopt_at = time.monotonic() + ADOPT_EVERY_S
        if not busy:
            self._stopping.wait(POLL_S)

    def _look(self) -> None:
        """Makes the tables before the first exchange, and notices when the database is back."""
        well = self._store.is_prepared and self._problem is None
        if well or time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LONGEST_PAUSE_S
        try:
            self._store.prepare()
            engine().connect().close()
            self._note_none()
        except Exception as problem:  # noqa: BLE001 - a thread's outermost edge
            self._note(problem)

    def _ship(self) -> bool:
        """Ships one batch; whether the next is full, too. Many small ones cost much more."""
        batch = self._unshipped.take(rows=ROWS, size=SIZE, complete=False) or self._unshipped.take_abandoned()
        self._put(batch)
        self._unshipped.forget()
        more = len(batch) >= ROWS or self._unshipped.behind() > SIZE
        self._waiting_since = batch[-1][0].started_at if more and batch else None
        return more

    def _ship_the_rest(self, left: Unshipped, count: Callable[[int], None] = lambda shipped: None) -> None:
        """All that is in a journal that nobody writes any more; raises Postponed when there is no time."""
        while batch := left.take(rows=ROWS, size=SIZE, complete=True) or left.take_unanswered():
            self._put(batch)
            count(len(batch))
            if time.monotonic() > self._deadline:
                raise Postponed

    def _put(self, batch: Sequence[Joined]) -> None:
        """Comes back when the batch is in the database, whatever happens to that meanwhile."""
        pause = 0.05
        while batch:
            try:
                self._store.put(batch)
                self._note_none()
                return
            except Exception as problem:  # noqa: BLE001 - a thread's outermost edge; nothing may lose the batch
                self._note(problem)
                self._waiting_since = batch[0][0].started_at
                self._report()
                self._pause(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    def _report(self) -> None:
        if time.monotonic() >= self._report_at:
            since, behind = self._waiting_since, self._unshipped.behind()
            metrics().depth.set(behind)
            metrics().oldest.set(time.time() - since if since else 0.0)
            self._hurry(behind)
            self._report_at = time.monotonic() + REPORT_EVERY_S

    def _hurry(self, behind: int) -> None:
        hurries = behind > (SIZE if self.hurries else FAR_BEHIND)
        if hurries != self.hurries and self._store.is_prepared:
            self.hurries = hurries
            engine().dispose()  # each connection has a process of its own in the database, with its priority

    def _note(self, problem: Exception) -> None:
        metrics().retried.inc()
        reason = reason_of(problem)
        if self._problem is None:
            logger.warning("Exchanges wait in the journal: %s", reason)
            self._tell(reason)
        self._problem = reason

    def _note_none(self) -> None:
        if self._problem is not None:
            self._tell(None)
        self._problem = None

    def _pause(self, seconds: float) -> None:
        if time.monotonic() + seconds > self._deadline:
            raise Postponed
        time.sleep(seconds) if self._stopping.is_set() else self._stopping.wait(seconds)
