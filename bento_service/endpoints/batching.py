"""Quotes stones together that are asked for at the same time: a stone among many costs a fraction."""

import asyncio
import time
from collections.abc import Callable

from diamonds.diamond import Diamond
from diamonds.models.features import rows_of
from diamonds.pricing.pricer import Pricer, Quotes

Answer = tuple[Quotes, int]

_QUIET_TURNS = 2  # of the event loop: one reads what has come, and the next one parses it
_PATIENCE = 0.3  # of the time that the batch before took: two batches take far longer than one


class Batcher:
    """Collects stones while more of them come, so that a lone request waits for nobody."""

    def __init__(self) -> None:
        self._batches: dict[str, _Batches] = {}

    async def quote(self, pricer: Pricer, stone: Diamond) -> Answer:
        """Quotes of which one is the stone's, and its place; with the others that are asked for meanwhile."""
        tag = pricer.version.tag
        batches = self._batches.get(tag)
        if batches is None:
            batches = self._batches[tag] = _Batches(pricer, lambda: self._batches.pop(tag, None))
        return await batches.add(stone)


class _Batches:
    """One batch after another with one pricer, for as long as they follow on each other's heels.

    Who had to wait while a batch was computed is likely to be one of many who ask again as soon as they have
    their answer: then the next batch waits for those who have just been answered, for a moment. Without that
    they would take turns for ever, half of them waiting for the other half.
    """

    def __init__(self, pricer: Pricer, end: Callable[[], object]) -> None:
        self._pricer, self._end = pricer, end
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[Diamond, asyncio.Future[Answer]]] = []
        self._just_answered = 0
        self._took_s = 0.0

    def add(self, stone: Diamond) -> "asyncio.Future[Answer]":
        if not self._waiting and self._just_answered:
            self._loop.call_soon(self._gather_again, self._just_answered)
        elif not self._waiting:
            self._loop.call_soon(self._gather)
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting.append((stone, answer))
        return answer

    def _gather(self, before: int = 0, quiet: int = 0) -> None:
        """Waits until the event loop has brought nothing more for some turns."""
        quiet = quiet + 1 if len(self._waiting) == before else 0
        if quiet < _QUIET_TURNS:
            self._loop.call_soon(self._gather, len(self._waiting), quiet)
        else:
            self._quote_all()

    def _gather_again(self, just_answered: int) -> None:
        """Waits, a moment at most, until those are back who have just been answered."""
        self._await(len(self._waiting) + just_answered, time.perf_counter() + _PATIENCE * self._took_s)

    def _await(self, number: int, until: float) -> None:
        if len(self._waiting) < number and time.perf_counter() < until:
            self._loop.call_soon(self._await, number, until)  # its timers are as coarse as a millisecond
        else:
            self._quote_all()

    def _quote_all(self) -> None:
        together, self._waiting = self._waiting, []
        began = time.perf_counter()
        try:
            quotes = self._pricer.quotes(rows_of([stone for stone, _ in together]))
        # Each of the requests must hear of it; their handlers raise it again.
        except Exception as error:  # noqa: BLE001
            for _, answer in together:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for place, (_, answer) in enumerate(together):
                if not answer.done():
                    answer.set_result((quotes, place))
        self._took_s = time.perf_counter() - began
        self._just_answered = len(together)
        # The next turn sends the answers, and hears what came while they were computed; then it is over.
        self._loop.call_soon(self._loop.call_soon, self._rest)

    def _rest(self) -> None:
        self._just_answered = 0
        if not self._waiting:
            self._end()
