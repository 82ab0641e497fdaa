"""Exchanges that the journal does not take: they wait in memory for the disk or the database."""

import logging
import threading
from collections.abc import Callable, Sequence

from diamonds.exchanges.frames import Answer, Joined, Request
from diamonds.exchanges.journal.writer import Journal
from diamonds.exchanges.metrics import metrics

logger = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024 * 1024
ROWS = 500  # of one batch
PAUSE_S = 0.5
_OVERHEAD_BYTES = 1000  # of an exchange beside its bodies

Whole = tuple[Request, Answer]


class Overflow:
    """Holds whole exchanges in memory, within a bound, until the journal or the database takes them.

    A thread sees to it that lives only as long as there are any. ``lost`` counts what had no room. ``put``
    brings a batch to the database; it raises what the database raises when it is away.
    """

    def __init__(self, journal: Journal, put: Callable[[Sequence[Joined]], None]) -> None:
        self.lost = 0
        self._journal, self._put = journal, put
        self._one_at_a_time = threading.Lock()
        self._waiting: list[Whole] = []
        self._bytes = 0
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()

    def add(self, asked: Request, answer: Answer) -> None:
        with self._one_at_a_time:
            size = _size(asked, answer)
            if self._bytes + size > MOST_BYTES:
                self.lost += 1
                metrics().failed.inc()
                return
            self._waiting.append((asked, answer))
            self._count(size)
            if self._thread is None:
                self._thread = threading.Thread(target=self._empty, name="overflow", daemon=True)
                self._thread.start()

    def end(self, within_s: float) -> None:
        """Waits that long for the memory to be emptied."""
        thread = self._thread
        if thread is not None:
            thread.join(within_s)
        self._ending.set()

    def _empty(self) -> None:
        while batch := self._next():
            try:
                self._deliver(batch)
            except Exception as problem:  # noqa: BLE001 - a thread's outermost edge; nothing may lose the batch
                logger.warning("%s exchanges wait in memory: %s", len(self._waiting), problem)
                if self._ending.wait(PAUSE_S):
                    return
            else:
                self._forget(batch)

    def _next(self) -> list[Whole]:
        with self._one_at_a_time:
            if not self._waiting:
                self._thread = None
            return self._waiting[:ROWS]

    def _deliver(self, batch: Sequence[Whole]) -> None:
        try:
            for asked, answer in batch:
                self._journal.append(asked.frame())
                self._journal.append(answer.frame())
        except OSError:
            self._put(batch)

    def _forget(self, batch: Sequence[Whole]) -> None:
        with self._one_at_a_time:
            del self._waiting[: len(batch)]
            self._count(-sum(_size(*whole) for whole in batch))

    def _count(self, size: int) -> None:
        self._bytes += size
        metrics().depth.set(self._bytes)


def _size(asked: Request, answer: Answer) -> int:
    return _OVERHEAD_BYTES + len(asked.body.kept) + len(answer.body.kept)
