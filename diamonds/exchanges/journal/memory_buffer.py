"""Buffers exchanges in memory while the journal cannot be written, until the disk or the database is back."""

import logging
import threading
from collections.abc import Callable, Sequence

from diamonds.exchanges.frames import Joined, Request, Response
from diamonds.exchanges.journal.writer import Journal
from diamonds.exchanges.metrics import metrics
from diamonds.logs import OncePerMinute

logger = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024 * 1024
BATCH_ROWS = 500
RETRY_AFTER_S = 0.5
_OVERHEAD_BYTES = 1000  # of an exchange beside its bodies

Answered = tuple[Request, Response]


class MemoryBuffer:
    """Holds answered exchanges, up to a number of bytes, until the journal or the database takes them.

    A thread drains it, which lives only while it holds any. ``lost`` counts the exchanges that it had no room
    for. ``write_to_database`` writes a batch, or raises the database's error.
    """

    def __init__(
        self,
        journal: Journal,
        write_to_database: Callable[[Sequence[Joined]], None],
        *,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.lost = 0
        self._journal, self._write_to_database, self._max_bytes = journal, write_to_database, max_bytes
        self._log = OncePerMinute()
        self._mutex = threading.Lock()
        self._exchanges: list[Answered] = []
        self._bytes = 0
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def add(self, request: Request, response: Response) -> None:
        with self._mutex:
            size = _size(request, response)
            if self._bytes + size > self._max_bytes:
                self.lost += 1
                metrics().failed.inc()
                return
            self._exchanges.append((request, response))
            self._count(size)
            if self._thread is None:
                self._thread = threading.Thread(target=self._drain, name="memory-buffer", daemon=True)
                self._thread.start()

    def stop(self, within_s: float) -> None:
        """Waits that long for the buffer to be drained."""
        thread = self._thread
        if thread is not None:
            thread.join(within_s)
        self._stopping.set()

    def _drain(self) -> None:
        while batch := self._next_batch():
            try:
                self._write(batch)
            except Exception as problem:  # noqa: BLE001 - a thread's outermost edge; nothing may lose the batch
                self._log_problem(problem)
                if self._stopping.wait(RETRY_AFTER_S):
                    return
            else:
                self._remove(batch)

    def _log_problem(self, problem: Exception) -> None:
        if self._log.is_due(type(problem).__name__):
            reason = (str(problem).splitlines() or [type(problem).__name__])[0]  # the others are SQL
            logger.warning("%s exchanges are buffered in memory: %s", len(self._exchanges), reason)

    def _next_batch(self) -> list[Answered]:
        with self._mutex:
            if not self._exchanges:
                self._thread = None
            return self._exchanges[:BATCH_ROWS]

    def _write(self, batch: Sequence[Answered]) -> None:
        try:
            for request, response in batch:
                self._journal.append(request.frame())
                self._journal.append(response.frame())
        except OSError:
            self._write_to_database(batch)

    def _remove(self, batch: Sequence[Answered]) -> None:
        with self._mutex:
            del self._exchanges[: len(batch)]
            self._count(-sum(_size(*exchange) for exchange in batch))

    def _count(self, size: int) -> None:
        self._bytes += size
        metrics().depth.set(self._bytes)


def _size(request: Request, response: Response) -> int:
    return _OVERHEAD_BYTES + len(request.body.content) + len(response.body.content)
