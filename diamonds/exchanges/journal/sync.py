"""Flushes a journal to its disk before responses are sent; writes again what a failed flush may have lost."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from diamonds.exchanges.frames import Request, Response
from diamonds.exchanges.journal.writer import Journal
from diamonds.exchanges.metrics import metrics
from diamonds.logs import OncePerMinute

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 0.5
MAX_BYTES = 64 * 1024 * 1024
_OVERHEAD_BYTES = 1000  # of a message beside its body

Messages: TypeAlias = tuple[Request | Response, ...]
"""What makes sense on its own: requests, or a request with its response."""


class JournalSync:
    """Makes what is in a journal safe from a power cut; one flush serves all who wait for it.

    ``problem`` is why the last flush failed, or None. As long as there is one nobody waits, and every half
    second what is not safe is written to a new segment and flushed: of more than 64 MiB only the newest.
    """

    def __init__(self, journal: Journal) -> None:
        self.problem: str | None = None
        self._journal, self._log = journal, OncePerMinute()
        self._unsynced: list[Messages] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal-sync")
        self._running: asyncio.Future[None] | None = None
        self._next: asyncio.Future[None] | None = None

    def add(self, *messages: Request | Response) -> None:
        """Notes what was appended to the journal."""
        self._unsynced.append(messages)

    async def flush(self) -> None:
        """Returns when all that was added is safe, or the disk has failed."""
        if self.problem is None:
            await asyncio.shield(self._start())

    def _start(self) -> asyncio.Future[None]:
        if self._next is None:
            self._next = asyncio.ensure_future(self._sync_after(self._running))
        return self._next

    async def _sync_after(self, running: asyncio.Future[None] | None) -> None:
        """One flush for all who called while the one before was running."""
        if running is not None:
            await asyncio.wait([running])
        self._running, self._next = self._next, None
        messages, self._unsynced = self._unsynced, []
        problem = await asyncio.get_running_loop().run_in_executor(self._thread, self._sync, messages)
        if problem is not None:
            self._unsynced = _newest([*messages, *self._unsynced])
            asyncio.get_running_loop().call_later(RETRY_AFTER_S, self._start)
        self._report(problem)

    def _sync(self, messages: Sequence[Messages]) -> OSError | None:
        """Why these are still not safe, if they are not."""
        if self.problem is None:
            try:
                self._journal.sync()
            except OSError as problem:
                metrics().sync_failed.inc()
                if self._log.is_due(problem.errno):
                    logger.error("The journal could not be flushed, it is written again: %s", problem)
            else:
                return None
        try:
            self._write_again(messages)
        except OSError as problem:
            return problem
        return None

    def _write_again(self, messages: Sequence[Messages]) -> None:
        """Does not touch the old segment, but for the one who reads it: every exchange is stored once."""
        self._journal.start_segment()
        for part in (messages[:1], messages[1:]):  # a disk that still fails is not filled with repetitions
            self._journal.append(b"".join(each.frame() for group in part for each in group))
            self._journal.sync()

    def _report(self, problem: OSError | None) -> None:
        if problem is not None and self.problem is None:
            logger.error("Exchanges are not safe from a power cut: the disk fails: %s", problem)
        elif problem is None and self.problem is not None:
            logger.warning("Exchanges are safe from a power cut again.")
        self.problem = None if problem is None else str(problem)
        metrics().unsynced.set(len(self._unsynced) if problem else 0)


def _newest(messages: Sequence[Messages]) -> list[Messages]:
    """As many of the last as are within the limit; the others are in the journal and on their way."""
    size = 0
    for start in range(len(messages) - 1, -1, -1):
        size += sum(_OVERHEAD_BYTES + len(each.body.content) for each in messages[start])
        if size > MAX_BYTES:
            return list(messages[start + 1 :])
    return list(messages)
