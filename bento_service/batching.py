"""Quotes stones together that are asked for at the same time: a stone among many costs a fraction."""

import asyncio

from diamonds.diamond import Diamond
from diamonds.quotes import Pricer

Waiting = list[tuple[Diamond, "asyncio.Future[float]"]]


class Batcher:
    """Collects the stones of one turn of the event loop, so that a lone request never waits for others."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    async def price_usd(self, pricer: Pricer, stone: Diamond) -> float:
        """The price of the stone, computed together with whatever else this pricer was asked meanwhile."""
        loop = asyncio.get_running_loop()
        waiting = self._waiting.get(pricer.version.tag)
        if waiting is None:
            waiting = self._waiting[pricer.version.tag] = []
            # Runs after all requests that this turn of the loop has read.
            loop.call_soon(self._quote, pricer, waiting)
        answer: asyncio.Future[float] = loop.create_future()
        waiting.append((stone, answer))
        return await answer

    def _quote(self, pricer: Pricer, waiting: Waiting) -> None:
        del self._waiting[pricer.version.tag]
        try:
            prices = pricer.prices_usd([stone for stone, _ in waiting])
        # Each of the requests must hear of it; their handlers raise it again.
        except Exception as error:  # noqa: BLE001
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), price in zip(waiting, prices, strict=True):
            if not answer.done():
                answer.set_result(price)
