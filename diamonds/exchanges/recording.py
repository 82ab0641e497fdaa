"""The journal and the shipper of one worker, started and stopped together."""

import asyncio
from itertools import count

from diamonds.exchanges.frames import Answer, Request
from diamonds.exchanges.journal import Journal
from diamonds.exchanges.shipper import Shipper
from diamonds.settings import Settings

FLUSH_WITHIN_S = 5.0


class Recording:
    """Keeps what a worker hears and answers. Nothing here waits for the database."""

    def __init__(self, given: Settings) -> None:
        parent = given.home / "journal"
        self.journal = Journal(parent, max_bytes=given.journal_max_bytes)
        self.shipper = Shipper(self.journal, parent)
        self.next_number = count(1).__next__
        self._sync = given.journal_sync
        self._running: asyncio.Future[None] | None = None
        self._next: asyncio.Future[None] | None = None
        self._started = False

    def start(self) -> None:
        """Starts shipping, unless it was started before."""
        if not self._started:
            self._started = True
            self.shipper.start()

    async def stop(self) -> None:
        """Ships what is left, for a few seconds at most."""
        if self._started:
            await asyncio.to_thread(self.shipper.stop, FLUSH_WITHIN_S)

    def keep(self, frame: Request | Answer) -> None:
        self.journal.append(frame.frame())

    async def durable(self) -> None:
        """Comes back when what was kept so far is as safe as the settings ask for."""
        if not self._sync:
            return
        if self._next is None:
            self._next = asyncio.ensure_future(self._sync_after(self._running))
        await asyncio.shield(self._next)

    async def _sync_after(self, running: asyncio.Future[None] | None) -> None:
        """One sync for everybody who came while the one before was running."""
        if running is not None:
            await running
        self._running, self._next = self._next, None
        await asyncio.to_thread(self.journal.sync)
