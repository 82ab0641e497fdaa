"""Sends kept requests through a version of a model, offline: how would prices have differed?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydantic

from diamonds.diamond import Diamond
from diamonds.exchanges.database.filters import Filter
from diamonds.exchanges.database.queries import LARGEST_PAGE, page
from diamonds.exchanges.exchange import Exchange
from diamonds.pricing.pricer import Pricer


@dataclass(frozen=True, slots=True)
class Difference:
    """Prices of a version against those that were quoted, in USD; shares are of what was quoted."""

    quotes: int
    skipped: int
    mean_usd: float
    mean_share: float
    mean_absolute_share: float
    largest_absolute_share: float

    @classmethod
    def of(cls, quoted: list[float], replayed: list[float], skipped: int) -> "Difference":
        if not quoted:
            return cls(0, skipped, 0.0, 0.0, 0.0, 0.0)
        change = np.array(replayed) - np.array(quoted)
        share = change / np.array(quoted)
        absolute = np.abs(share)
        figures = (change.mean(), share.mean(), absolute.mean(), absolute.max())
        return cls(len(quoted), skipped, *map(float, figures))


def replay(wanted: Filter, pricer: Pricer) -> Difference:
    """Prices again the stones that ``/predict`` quoted; ``skipped`` counts what was no quote of one stone."""
    quoted: list[float] = []
    replayed: list[float] = []
    skipped = 0
    for exchanges in _pages(wanted):
        stones = [(stone, price) for one in exchanges for stone, price in _quote(one)]
        skipped += len(exchanges) - len(stones)
        quoted += [price for _, price in stones]
        replayed += pricer.prices_usd([stone for stone, _ in stones])
    return Difference.of(quoted, replayed, skipped)


def _pages(wanted: Filter) -> Iterator[list[Exchange]]:
    cursor = None
    while True:
        found = page(wanted, limit=LARGEST_PAGE, cursor=cursor)
        yield found.exchanges
        cursor = found.next
        if cursor is None:
            return


def _quote(one: Exchange) -> Iterator[tuple[Diamond, float]]:
    asked, answer = one.request_body, one.response_body
    if one.status != 200 or not isinstance(asked, dict) or not isinstance(answer, dict):
        return
    try:
        yield Diamond(**_stone(asked)), float(answer["price"])
    except (KeyError, TypeError, pydantic.ValidationError):
        return


def _stone(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name != "model"}
