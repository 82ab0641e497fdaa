"""Replays recorded quotes offline with another version of a model, and compares the prices."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pydantic

from diamonds.diamond import Diamond
from diamonds.exchanges.database.filters import Filter
from diamonds.exchanges.database.queries import LARGEST_PAGE, page
from diamonds.exchanges.exchange import Exchange
from diamonds.pricing.pricer import Pricer


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences of replayed from quoted prices, in USD and as shares of the quoted price.

    ``skipped`` counts exchanges that quote no single stone, or one of a grade that the version does not know.
    """

    quotes: int
    skipped: int
    mean_usd: float
    mean_share: float
    mean_absolute_share: float
    largest_absolute_share: float

    @classmethod
    def of(cls, quoted: list[float], replayed: list[float], skipped: int) -> "Difference":
        """The differences of prices in USD, by pairs."""
        if not quoted:
            return cls(0, skipped, 0.0, 0.0, 0.0, 0.0)
        change = np.array(replayed) - np.array(quoted)
        share = change / np.array(quoted)
        absolute = np.abs(share)
        statistics = (change.mean(), share.mean(), absolute.mean(), absolute.max())
        return cls(len(quoted), skipped, *map(float, statistics))


def replay(filters: Filter, pricer: Pricer) -> Difference:
    """Compares the prices of ``pricer`` with those that ``/predict`` quoted in the matching exchanges."""
    quoted: list[float] = []
    replayed: list[float] = []
    skipped = 0
    for exchanges in _pages(filters):
        found = [quote for exchange in exchanges if (quote := _quote(exchange))]
        quotes = [(stone, price) for stone, price in found if pricer.scope.knows(stone)]
        skipped += len(exchanges) - len(quotes)
        quoted += [price for _, price in quotes]
        replayed += pricer.prices_usd([stone for stone, _ in quotes])
    return Difference.of(quoted, replayed, skipped)


def _pages(filters: Filter) -> Iterator[list[Exchange]]:
    cursor = None
    while True:
        current = page(filters, limit=LARGEST_PAGE, cursor=cursor)
        yield current.exchanges
        cursor = current.next
        if cursor is None:
            return


def _quote(exchange: Exchange) -> tuple[Diamond, float] | None:
    """The stone and the price in USD that were quoted; None when the exchange is no quote of one stone."""
    request, response = exchange.request_body, exchange.response_body
    if exchange.status != 200 or not isinstance(request, dict) or not isinstance(response, dict):
        return None
    stone = {name: value for name, value in request.items() if name != "model"}
    try:
        return Diamond(**stone), float(response["price"])
    except (KeyError, TypeError, pydantic.ValidationError):
        return None
