"""A simulated market: clients that have stones quoted, and sales some days later, the same for a seed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from diamonds.diamond import DIMENSIONS, FEATURES
from diamonds.models.spec import Prices

CLIENTS = {"dealer-app/3.1": 0.5, "shop/2.0": 0.3, "bench/1.4": 0.2}
"""User agents of the clients, and their shares of the calls."""
BROKEN_CLIENT = "bench/1.4"
POISONED_FACTOR, POISONED_SHARE = 10.0, 0.05
_BAD_CALLS = 0.02
_SOLD_SHARE = 0.3
_NOISE = 0.03
_LONGEST_SALE_DAYS = 5


class Shift(StrEnum):
    """What changes in the market from a day on."""

    QUIET = "quiet"
    SUDDEN = "sudden"
    SLOW = "slow"
    NEW_STONES = "new-stones"
    BROKEN_UNITS = "broken-units"
    GAMED_QUOTES = "gamed-quotes"
    POISONED = "poisoned"


MEANINGS = {
    Shift.QUIET: "nothing changes",
    Shift.SUDDEN: "every stone sells 15% dearer",
    Shift.SLOW: "prices rise by 20% a year",
    Shift.NEW_STONES: "half of the stones are heavy ones of low clarity",
    Shift.BROKEN_UNITS: f"the client {BROKEN_CLIENT} sends dimensions in cm",
    Shift.GAMED_QUOTES: "only stones that are quoted too low are sold",
    Shift.POISONED: "5% of the sales are reported at ten times their price",
}


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its calls in order, with ``at``, ``user_agent``, ``bad``, the stone and its true ``price``."""

    number: int
    calls: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Market:
    """A market of these stones, typed and with prices; ``shift`` happens on the day ``shift_day``."""

    stones: pd.DataFrame
    start: datetime
    shift: Shift = Shift.QUIET
    shift_day: int = 0
    calls_a_day: int = 400
    seed: int = 0

    def days(self, number: int) -> Iterator[Day]:
        """The first days of the market."""
        for day in range(number):
            yield Day(day, self._calls(day, np.random.default_rng([self.seed, day])))

    def sales(self, day: Day, quoted: Prices) -> pd.DataFrame:
        """Which calls of a day are sold after all: their ``place``, ``price`` and ``sold_at``.

        ``quoted`` are the prices that were quoted, NaN where none was.
        """
        generator = np.random.default_rng([self.seed, day.number, 1])
        calls = day.calls
        sold = (generator.random(len(calls)) < _SOLD_SHARE) & ~np.isnan(quoted)
        if self._is_shifted(day.number, Shift.GAMED_QUOTES):
            sold &= quoted < calls["price"].to_numpy()
        noise = np.exp(generator.normal(0, _NOISE, len(calls)))
        false = self._is_shifted(day.number, Shift.POISONED) & (generator.random(len(calls)) < POISONED_SHARE)
        waits = pd.to_timedelta(generator.uniform(0.2, _LONGEST_SALE_DAYS, len(calls)), unit="D").floor("s")
        sold_at = calls["at"] + waits
        moved = [
            self._level(each.days) / self._level(day.number) for each in sold_at - pd.Timestamp(self.start)
        ]
        price = calls["price"].to_numpy() * noise * moved * np.where(false, POISONED_FACTOR, 1.0)
        frame = pd.DataFrame({"place": np.arange(len(calls)), "price": price.round(2), "sold_at": sold_at})
        return frame[sold].reset_index(drop=True)

    def _is_shifted(self, day: int, shift: Shift) -> bool:
        return self.shift == shift and day >= self.shift_day

    def _calls(self, day: int, generator: np.random.Generator) -> pd.DataFrame:
        number = self.calls_a_day
        calls: pd.DataFrame = self.stones.iloc[self._drawn(day, number, generator)].reset_index(drop=True)
        seconds = np.sort(generator.uniform(0, 86_400, number))
        at = pd.Timestamp(self.start) + timedelta(days=day) + pd.to_timedelta(seconds, unit="s").floor("ms")
        agents = generator.choice(list(CLIENTS), number, p=list(CLIENTS.values()))
        calls = calls.assign(
            at=at,
            user_agent=agents,
            bad=generator.random(number) < _BAD_CALLS,
            price=calls["price"] * self._level(day),
        )
        if self._is_shifted(day, Shift.BROKEN_UNITS):
            broken = calls["user_agent"] == BROKEN_CLIENT
            calls.loc[broken, list(DIMENSIONS)] /= 10
        return calls

    def _drawn(self, day: int, number: int, generator: np.random.Generator) -> Any:
        everyday = generator.integers(0, len(self.stones), number)
        if not self._is_shifted(day, Shift.NEW_STONES):
            return everyday
        new = np.flatnonzero((self.stones["carat"] > 1.5) & (self.stones["clarity"] <= "SI2"))
        return np.where(generator.random(number) < 0.5, generator.choice(new, number), everyday)

    def _level(self, day: int) -> float:
        """The level of prices on a day."""
        if self._is_shifted(day, Shift.SUDDEN):
            return 1.15
        if self._is_shifted(day, Shift.SLOW):
            return float(1.2 ** ((day - self.shift_day) / 365))
        return 1.0


def stone_of(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The JSON of a stone, without measures that are unknown."""
    return {name: row[name] for name in FEATURES if not pd.isna(row[name])}
