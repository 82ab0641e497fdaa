"""Moves exchanges from this worker's journal, and from those of dead workers, to the database."""

import logging
import os
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import uuid_utils
from sqlalchemy.exc import DataError

from diamonds.database import engine, migrate
from diamonds.exchanges.claims import same_request
from diamonds.exchanges.insert import insert
from diamonds.exchanges.journal import Journal, orphans
from diamonds.exchanges.metrics import metrics
from diamonds.exchanges.months import drop_months_before, prepare_months
from diamonds.exchanges.reader import exchange_on
from diamonds.exchanges.unshipped import Joined, Unshipped, end_of_orphan
from diamonds.settings import settings

logger = logging.getLogger(__name__)

ROWS, SIZE = 1000, 2 * 1024 * 1024  # of one batch
POLL_S, ADOPT_EVERY_S, PREPARE_EVERY_S = 0.1, 2.0, 6 * 3600.0
LONGEST_PAUSE_S = 2.0
_WORTH_ROLLING = 256 * 1024
_REFUSALS = (DataError, TypeError, ValueError)  # the rows are to blame, so the same again would end the same


class Postponed(Exception):
    """The database took nothing before the shipper had to stop; the journal keeps it."""


@dataclass(slots=True)
class Progress:
    """How a shipper fares: what is wrong, and since when the oldest exchange waits, as Unix time."""

    waiting_since: float | None = None
    problem: str | None = None


class Shipper:
    """A thread that ships until it is stopped; the database may come and go meanwhile."""

    def __init__(self, journal: Journal, parent: Path) -> None:
        self.progress = Progress()
        self._journal, self._parent = journal, parent
        self._unshipped = Unshipped(journal.folder)
        self._stopping = threading.Event()
        self._deadline = float("inf")
        self._lost_reported = 0
        self._prepare_at = self._adopt_at = self._look_at = 0.0
        self._thread = threading.Thread(target=self._run, name="shipper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Ships what is left; what the database does not take in that time stays in the journal."""
        self._deadline = time.monotonic() + within_s
        self._stopping.set()
        self._thread.join(within_s + 1.0)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._turn()
            self._finish()
        except Postponed:
            logger.warning("The database takes no exchanges; they wait in %s.", self._journal.folder)
        finally:
            self._unshipped.close()
            self._journal.close()

    def _turn(self) -> None:
        self._look()
        try:
            busy = self._ship_own()
            self._report()
        except OSError as problem:
            self._note(problem)
            self._unshipped.close()
            self._unshipped = Unshipped(self._journal.folder)  # what it took and did not ship, it takes again
            busy = False
        self._adopt()
        if not busy:
            self._stopping.wait(POLL_S)

    def _look(self) -> None:
        """Makes the tables before the first exchange, and notices when the database is back."""
        well = self._prepare_at > 0 and self.progress.problem is None
        if well or time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LONGEST_PAUSE_S
        try:
            self._prepare()
            engine().connect().close()
            self.progress.problem = None
        except Exception as problem:  # noqa: BLE001 - a thread's outermost edge
            self._note(problem)

    def _finish(self) -> None:
        while self._ship_own():
            if time.monotonic() > self._deadline:
                raise Postponed
        self._journal.roll()
        self._put(self._unshipped.take_unanswered())
        self._unshipped.remove()

    def _ship_own(self) -> bool:
        """Ships one batch; whether there was any."""
        end = self._journal.end()
        batch = self._unshipped.take(end, rows=ROWS, size=SIZE)
        if not batch:
            batch = self._unshipped.take_abandoned()
            batch += self._unshipped.take_from(self._journal.take_spilled())
        self._put(batch)
        self._journal.removed(self._unshipped.forget())
        if not batch and end.offset > _WORTH_ROLLING:
            self._journal.roll()
        return bool(batch)

    def _adopt(self) -> None:
        """Ships the journals of workers that are no more; any living worker does it for them."""
        if time.monotonic() < self._adopt_at:
            return
        for folder, held in orphans(self._parent):
            try:
                with closing(Unshipped(folder)) as orphan:
                    self._ship_orphan(orphan)
            except OSError as problem:
                logger.error("The journal %s of a dead worker cannot be read: %s", folder, problem)
            finally:
                os.close(held)
        self._adopt_at = time.monotonic() + ADOPT_EVERY_S

    def _ship_orphan(self, orphan: Unshipped) -> None:
        end = end_of_orphan(orphan.folder)
        while batch := orphan.take(end, rows=ROWS, size=SIZE) or orphan.take_unanswered():
            self._put(batch)
            metrics().adopted.inc(len(batch))
        orphan.remove()

    def _put(self, batch: Sequence[Joined]) -> None:
        """Comes back when the batch is in the database, whatever happens to that meanwhile."""
        pause = 0.05
        while batch:
            try:
                self._prepare()
                self._insert(batch)
                break
            except Exception as problem:  # noqa: BLE001 - a thread's outermost edge; nothing may lose the batch
                self._note(problem)
                self.progress.waiting_since = batch[0][0].started_at
                self._report()
                self._pause(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
        if batch:
            metrics().shipped.inc(len(batch))
            self.progress.waiting_since = self.progress.problem = None

    def _prepare(self) -> None:
        if time.monotonic() >= self._prepare_at:
            migrate()
            prepare_months()
            keep = settings().retention_months
            if keep is not None:
                drop_months_before(keep)
            self._prepare_at = time.monotonic() + PREPARE_EVERY_S

    def _insert(self, batch: Sequence[Joined]) -> None:
        try:
            with engine().begin() as connection:
                insert(connection, batch)
                self._settle(connection, batch)
        except _REFUSALS:
            for joined in batch:
                self._insert_alone(joined)

    def _settle(self, connection: sa.Connection, batch: Sequence[Joined]) -> None:
        """Keeps under ids of their own what came under ids that turn out to be other requests'."""
        for asked, answer in batch:
            stored = exchange_on(connection, asked.id) if asked.id_unchecked else None
            if stored is not None and not same_request(stored, asked):
                renamed = asked._replace(id=str(uuid_utils.uuid7()), id_unchecked=False)
                logger.warning("Exchange %s is kept as %s: the id was taken.", asked.id, renamed.id)
                insert(connection, [(renamed, answer)])

    def _insert_alone(self, joined: Joined) -> None:
        """What the database refuses never holds up the rest: as bytes it takes any body."""
        try:
            with engine().begin() as connection:
                insert(connection, [joined])
        except _REFUSALS:
            self._insert_as_bytes(joined)

    def _insert_as_bytes(self, joined: Joined) -> None:
        try:
            with engine().begin() as connection:
                insert(connection, [joined], as_bytes=True)
        except _REFUSALS as problem:
            metrics().failed.inc()
            logger.error("The database refuses exchange %s: %s", joined[0].id, _reason(problem))
            with (self._parent / "refused.frames").open("ab") as file:
                file.write(joined[0].frame() + (joined[1].frame() if joined[1] else b""))

    def _report(self) -> None:
        since, lost = self.progress.waiting_since, self._journal.lost
        metrics().depth.set(self._unshipped.behind())
        metrics().oldest.set(time.time() - since if since else 0.0)
        metrics().failed.inc(lost - self._lost_reported)
        self._lost_reported = lost

    def _note(self, problem: Exception) -> None:
        metrics().retried.inc()
        reason = _reason(problem)
        if self.progress.problem is None:
            logger.warning("Exchanges wait in the journal: %s", reason)
        self.progress.problem = reason

    def _pause(self, seconds: float) -> None:
        if time.monotonic() + seconds > self._deadline:
            raise Postponed
        time.sleep(seconds) if self._stopping.is_set() else self._stopping.wait(seconds)


def _reason(problem: Exception) -> str:
    """Without the statement, which only makes the log longer."""
    return str(getattr(problem, "orig", problem)).strip()
