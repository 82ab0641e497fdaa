"""All that keeps the exchanges of one worker, started and stopped together."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from sqlalchemy.exc import SQLAlchemyError

from diamonds.database import release
from diamonds.exchanges.exchange import Exchange
from diamonds.exchanges.frames import Answer, Body, Request
from diamonds.exchanges.idempotency import Taken, claim
from diamonds.exchanges.journal.memory_buffer import Overflow
from diamonds.exchanges.journal.writer import Journal
from diamonds.exchanges.redaction import kept
from diamonds.exchanges.shipping.shipper import FLUSH_WITHIN_S
from diamonds.exchanges.shipping.sink import Sink
from diamonds.exchanges.shipping.supervisor import ShipperSupervisor
from diamonds.settings import Settings

CLAIM_WITHIN_S = 1.0


class Recording:
    """Keeps what a worker hears and answers. Nothing here waits for the database."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        parent = settings.home / "journal"
        self.journal = Journal(parent, max_bytes=settings.journal_max_bytes, sync=settings.journal_sync)
        self.overflow = Overflow(self.journal, Sink(parent).write)
        self.shipper = ShipperSupervisor(self.journal)
        self.next_number = count(1).__next__
        self._heard: list[Request] = []
        self._unheard: set[int] = set()
        # Its own threads, so that a database that hangs never takes those that price stones.
        self._claims = ThreadPoolExecutor(2, thread_name_prefix="claims")
        self._sync = settings.journal_sync
        self._running: asyncio.Future[None] | None = None
        self._next: asyncio.Future[None] | None = None
        self._started = False

    def start(self) -> None:
        """Starts shipping, unless it was started before."""
        if not self._started:
            self._started = True
            self.shipper.start()

    async def stop(self) -> None:
        """Ships what is left, for a few seconds at most, and lets go of the database."""
        if self._started:
            await asyncio.to_thread(self._stop)

    def hear(self, asked: Request) -> None:
        """Keeps a request, so that it is recorded even if the worker is killed before it has an answer.

        Those that come in one turn of the event loop are written together when it ends, for a write costs
        more than all else here.
        """
        if not self._heard:
            asyncio.get_running_loop().call_soon(self._journal_heard)
        self._heard.append(asked)

    def keep(self, asked: Request, answer: Answer) -> None:
        """Keeps what became of a request that was heard."""
        self._journal_heard()
        if asked.number in self._unheard:
            self._unheard.discard(asked.number)
            kept = self._journaled(asked, answer)
        else:
            kept = self._journaled(answer)
        if not kept:
            self.overflow.add(asked, answer)

    def body(self, content: bytes) -> Body:
        """What is stored of a body, as the settings limit and mask it."""
        return kept(content, self.settings.kept_body_bytes, self.settings.masked_fields)

    @property
    def state(self) -> str:
        """``ok``, or what is wrong, for ``/readyz``."""
        journal, database = self.journal.problem, self.shipper.problem
        if journal is not None:
            return f"journal: {journal}; exchanges wait in memory, {self.overflow.lost} were lost"
        return "ok" if database is None else "the database is away; exchanges wait in the journal"

    async def claim(self, asked: Request) -> Exchange | Taken | None:
        """As ``claims.claim``; raises TimeoutError when the database is not there to tell."""
        if self.shipper.problem is not None:
            raise TimeoutError
        claiming = asyncio.get_running_loop().run_in_executor(self._claims, claim, asked)
        try:
            return await asyncio.wait_for(claiming, CLAIM_WITHIN_S)
        except (SQLAlchemyError, ConnectionError) as problem:
            raise TimeoutError from problem

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

    def _journal_heard(self) -> None:
        heard, self._heard = self._heard, []
        if heard and not self._journaled(*heard):
            self._unheard.update(asked.number for asked in heard)

    def _journaled(self, *frames: Request | Answer) -> bool:
        try:
            self.journal.append(b"".join([frame.frame() for frame in frames]))
        except OSError:
            return False
        return True

    def _stop(self) -> None:
        self.overflow.end(FLUSH_WITHIN_S)
        self.shipper.stop()
        self.journal.close()
        release()  # servers end by the signal that stops them
