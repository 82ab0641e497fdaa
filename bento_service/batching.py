"""Quotes stones together that are asked for at the same time: a stone among many costs a fraction."""

import asyncio

from diamonds.diamond import Diamond
from diamonds.quotes import Pricer, Quotes, rows_of

Waiting = list[tuple[Diamond, "asyncio.Future[tuple[Quotes, int]]"]]


class Batcher:
    """Collects the stones of one turn of the event loop, so that a lone request never waits for others."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    async def quote(self, pricer: Pricer, stone: Diamond) -> tuple[Quotes, int]:
        """Quotes of which one is the stone's, and its place: all that this pricer was asked in this turn."""
        loop = asyncio.get_running_loop()
        waiting = self._waiting.get(pricer.version.tag)
        if waiting is None:
            waiting = self._waiting[pricer.version.tag] = []
            # Runs after all requests that this turn of the loop has read.
            loop.call_soon(self._quote_all, pricer, waiting)
        answer: asyncio.Future[tuple[Quotes, int]] = loop.create_future()
        waiting.append((stone, answer))
        return await answer

    def _quote_all(self, pricer: Pricer, waiting: Waiting) -> None:
        del self._waiting[pricer.version.tag]
        try:
            quotes = pricer.quotes(rows_of([stone for stone, _ in waiting]))
        # Each of the requests must hear of it; their handlers raise it again.
        except Exception as error:  # noqa: BLE001
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
            return
        for place, (_, answer) in enumerate(waiting):
            if not answer.done():
                answer.set_result((quotes, place))
