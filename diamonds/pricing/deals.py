"""Compares asking prices with quoted ones: the difference, and whether it is beyond the interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from diamonds.models.spec import Prices
from diamonds.pricing.pricer import Quotes

Outside = Literal["below", "above"]


@dataclass(frozen=True, slots=True)
class Deals:
    """Asking prices beside the quotes of stones in order, None where nothing is asked.

    ``difference`` is asked less quoted, in the currency of the quotes, and ``difference_percent`` its share
    of the quoted price: below 0 a stone costs less than it is worth. ``outside`` is the side of the interval
    on which the asking price lies, None within it and where there is none.
    """

    asked: list[float | None]
    difference: list[float | None]
    difference_percent: list[float | None]
    outside: list[Outside | None]

    def of(self, place: int) -> dict[str, float | str | None]:
        """What is said of the stone at that place, by name."""
        return {name: getattr(self, name)[place] for name in self.__slots__}


def compare(asked: Sequence[float | None] | Prices, quotes: Quotes) -> Deals:
    """The asking prices beside the quotes of the same stones; None and NaN where nothing is asked."""
    price, asks = np.array(quotes.price), np.array(asked, dtype="float64")
    difference = np.round(asks - price, 2)
    sides = list(map(_side, asks.tolist(), quotes.low, quotes.high))
    percent = np.round(100 * difference / price, 2)
    return Deals(_known(asks), _known(difference), _known(percent), sides)


def _side(ask: float, low: float | None, high: float | None) -> Outside | None:
    if low is not None and ask < low:
        return "below"
    return "above" if high is not None and ask > high else None


def _known(numbers: Prices) -> list[float | None]:
    return [None if each != each else each for each in numbers.tolist()]  # NaN is not itself
