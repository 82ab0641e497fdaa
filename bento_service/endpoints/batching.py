"""Micro-batching: quotes the stones of concurrent requests together, at a fraction of the cost of each."""

import asyncio
import time
from collections.abc import Callable

from bento_service.http.tracing import span
from diamonds.diamond import Diamond
from diamonds.models.features import rows_of
from diamonds.pricing.pricer import Pricer, Quotes

PlaceInBatch = tuple[Quotes, int]
"""The quotes of a batch, and which of them is the request's."""

_IDLE_TURNS = 2  # of the event loop: one receives requests, and the next one parses them
_WAIT_SHARE = 0.3  # of the time that the batch before took: two batches take far longer than one


class Batcher:
    """Collects stones for as long as more requests arrive, so that a lone request does not wait."""

    def __init__(self) -> None:
        self._batches: dict[tuple[str, float], _Batches] = {}

    async def quote(self, pricer: Pricer, stone: Diamond) -> PlaceInBatch:
        """The quotes of a batch of concurrent requests, and which of them is this stone's."""
        key = pricer.version.tag, pricer.interval_factor
        batches = self._batches.get(key)
        if batches is None:
            batches = self._batches[key] = _Batches(pricer, lambda: self._batches.pop(key, None))
        with span("batch"):
            return await batches.add(stone)


class _Batches:
    """Consecutive batches with one pricer, for as long as requests arrive while a batch is computed.

    They are likely to come from clients that send the next request as soon as they have a response. So the
    next batch waits a moment for the clients of the batch before. Without that, the clients would form two
    groups that take turns, half of them waiting for the other half.
    """

    def __init__(self, pricer: Pricer, end: Callable[[], object]) -> None:
        self._pricer, self._end = pricer, end
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[Diamond, asyncio.Future[PlaceInBatch]]] = []
        self._last_size = 0
        self._took_s = 0.0

    def add(self, stone: Diamond) -> "asyncio.Future[PlaceInBatch]":
        if not self._waiting and self._last_size:
            self._loop.call_soon(self._collect_again, self._last_size)
        elif not self._waiting:
            self._loop.call_soon(self._collect)
        future: asyncio.Future[PlaceInBatch] = self._loop.create_future()
        self._waiting.append((stone, future))
        return future

    def _collect(self, before: int = 0, idle_turns: int = 0) -> None:
        """Waits until no request has arrived for some turns of the event loop."""
        idle_turns = idle_turns + 1 if len(self._waiting) == before else 0
        if idle_turns < _IDLE_TURNS:
            self._loop.call_soon(self._collect, len(self._waiting), idle_turns)
        else:
            self._quote_all()

    def _collect_again(self, last_size: int) -> None:
        """Waits a moment for as many more requests as the batch before had."""
        self._wait_for(len(self._waiting) + last_size, time.perf_counter() + _WAIT_SHARE * self._took_s)

    def _wait_for(self, number: int, until: float) -> None:
        if len(self._waiting) < number and time.perf_counter() < until:
            self._loop.call_soon(self._wait_for, number, until)  # its timers are as coarse as a millisecond
        else:
            self._quote_all()

    def _quote_all(self) -> None:
        batch, self._waiting = self._waiting, []
        started = time.perf_counter()
        try:
            with span("model"):  # within the batch's first request
                quotes = self._pricer.quotes(rows_of([stone for stone, _ in batch]))
        # Every request of the batch fails with it: the future raises it again.
        except Exception as error:  # noqa: BLE001
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        else:
            for place, (_, future) in enumerate(batch):
                if not future.done():
                    future.set_result((quotes, place))
        self._took_s = time.perf_counter() - started
        self._last_size = len(batch)
        # The next turn sends the responses, and receives what arrived while they were computed.
        self._loop.call_soon(self._loop.call_soon, self._end_if_idle)

    def _end_if_idle(self) -> None:
        self._last_size = 0
        if not self._waiting:
            self._end()
