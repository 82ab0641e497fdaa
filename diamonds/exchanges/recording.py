"""Records the exchanges of one worker: in its journal or else in memory, and ships them from there."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from sqlalchemy.exc import SQLAlchemyError

from diamonds.database import release
from diamonds.exchanges.exchange import Exchange
from diamonds.exchanges.frames import Body, Request, Response
from diamonds.exchanges.idempotency import RecentIds, Taken, claim
from diamonds.exchanges.journal.memory_buffer import Answered, MemoryBuffer
from diamonds.exchanges.journal.sync import JournalSync
from diamonds.exchanges.journal.writer import Journal, JournalFull
from diamonds.exchanges.redaction import NOTHING, Masked, redact
from diamonds.exchanges.shipping.shipper import FLUSH_WITHIN_S
from diamonds.exchanges.shipping.sink import Sink
from diamonds.exchanges.shipping.supervisor import ShipperSupervisor
from diamonds.settings import Settings

CLAIM_WITHIN_S = 1.0


class Recording:
    """Records the requests and responses of a worker. Only a retry waits for the database."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        parent = settings.home / "journal"
        self.journal = Journal(parent, max_bytes=settings.journal_max_bytes, sync=settings.journal_sync)
        self.memory_buffer = MemoryBuffer(self.journal, Sink(parent).write)
        self.sync = JournalSync(self.journal) if settings.journal_sync else None
        self.shipper = ShipperSupervisor(self.journal)
        self.next_number = count(1).__next__
        self._requests: list[Request] = []  # that are written at the end of this turn of the event loop
        self._answered: list[Answered] = []  # whose responses are written then
        self._flushing: list[asyncio.Future[None]] = []
        self._not_in_journal: set[int] = set()
        self._recent_ids = RecentIds()
        # Its own threads, so that a database that hangs never blocks those that price stones.
        self._claim_threads = ThreadPoolExecutor(2, thread_name_prefix="claim")
        self._stop_thread = ThreadPoolExecutor(1, thread_name_prefix="stop")
        self._started = False

    def start(self) -> None:
        """Starts shipping, unless it was started before."""
        if not self._started:
            self._started = True
            self.shipper.start()

    async def stop(self) -> None:
        """Ships what is left, for a few seconds at most, and releases the database."""
        self._write()
        if self._started:
            await asyncio.get_running_loop().run_in_executor(self._stop_thread, self._stop)

    def record_request(self, request: Request) -> None:
        """Records a request, so that it is not lost even if the worker is killed before it has a response.

        What comes in one turn of the event loop is written at its end, all at once, since a write costs more
        than anything else here.
        """
        self._write_soon()
        self._requests.append(request)

    def record_response(self, request: Request, response: Response) -> None:
        """Records the outcome of a request that was recorded; ``flush`` returns when it is written."""
        self._write_soon()
        self._answered.append((request, response))

    def redact(self, content: bytes, in_request: Masked = NOTHING) -> Body:
        """What may be stored of a body, by the settings."""
        return redact(content, self.settings.kept_body_bytes, self.settings.masked_fields, in_request)

    @property
    def state(self) -> str:
        """``ok``, or what is wrong, for ``/readyz``."""
        journal, database = self.journal.problem, self.shipper.problem
        if journal is not None:
            return f"journal: {journal}; exchanges wait in memory, {self.memory_buffer.lost} were lost"
        if self.sync is not None and self.sync.problem is not None:
            return f"journal: {self.sync.problem}; exchanges are not safe from a power cut"
        return "ok" if database is None else f"{database}; exchanges wait in the journal"

    async def claim(self, request: Request, *, is_retry: bool) -> Exchange | Taken | None:
        """As ``idempotency.claim``, for a request whose id its client chose.

        Only a retry waits for the database, and no longer than a second: one that its client declares, or one
        whose id this worker knows. Without that, the shipper finds out whether the id is another request's.
        """
        known = self._recent_ids.compare(request)
        if known == "other":
            return "taken"
        claimed = await self._claim_in_database(request) if is_retry or known == "same" else None
        if claimed != "taken":
            self._recent_ids.add(request)
        return claimed

    async def flush(self) -> None:
        """Returns when what was recorded so far is written, and as safe as ``journal_sync`` demands."""
        if self._requests or self._answered:
            await self._end_of_turn()
        if self.sync is not None:
            await self.sync.flush()

    async def _end_of_turn(self) -> None:
        written = asyncio.get_running_loop().create_future()
        self._flushing.append(written)
        try:
            await written
        except asyncio.CancelledError:
            self._write()  # the response is recorded: it is sent even if its deadline has just passed

    async def _claim_in_database(self, request: Request) -> Exchange | Taken | None:
        """None, too, when the database is away or slow."""
        if self.shipper.problem is not None:
            return None
        claiming = asyncio.get_running_loop().run_in_executor(self._claim_threads, claim, request)
        try:
            return await asyncio.wait_for(claiming, CLAIM_WITHIN_S)
        except (TimeoutError, SQLAlchemyError, ConnectionError):
            return None

    def _write_soon(self) -> None:
        if not self._requests and not self._answered:
            asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        """Writes what was recorded in this turn; what the journal does not take, the memory buffer does."""
        requests, answered, flushing = self._requests, self._answered, self._flushing
        self._requests, self._answered, self._flushing = [], [], []
        if requests or answered:
            self._append(requests, answered)
        for written in flushing:
            if not written.cancelled():
                written.set_result(None)

    def _append(self, requests: list[Request], answered: list[Answered]) -> None:
        late = [request for request, _ in answered if request.number in self._not_in_journal]
        self._not_in_journal.difference_update(request.number for request in late)
        before = [*requests, *late]
        written = self._written(*before, *(response for _, response in answered))
        self._not_in_journal.update(request.number for request in requests[written:])
        in_journal = max(0, written - len(before))
        for request, response in answered[in_journal:]:
            self._not_in_journal.discard(request.number)
            self.memory_buffer.add(request, response)
        if self.sync is not None:
            self.sync.add(*requests[:written])
            for exchange in answered[:in_journal]:
                self.sync.add(*exchange)

    def _written(self, *messages: Request | Response) -> int:
        """How many of them the journal took."""
        try:
            self.journal.append(*[message.frame() for message in messages])
        except OSError as problem:
            return problem.written if isinstance(problem, JournalFull) else 0
        return len(messages)

    def _stop(self) -> None:
        self.memory_buffer.stop(FLUSH_WITHIN_S)
        self.shipper.stop()
        self.journal.close()
        release()  # servers end by the signal that stops them
