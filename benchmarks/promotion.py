"""How often the gate promotes by luck, and how soon what is truly better: many series of simulated nights.

``python -m benchmarks.promotion`` prints the share of series in which any challenger was promoted.
"""

import argparse
import math
from dataclasses import dataclass

import numpy as np

from benchmarks.tables import print_header, print_row
from diamonds.models.spec import Prices
from diamonds.versions.gate import Gain, confidence_needed
from diamonds.versions.screening import SCREENED

STONES = 8_091
"""Those of the hold-out of the classic stones that decide."""
LEARNED = 38_736
"""Stones that the models of both learn from, each priced out of fold."""
_MEAN_USD, _SPREAD = 250.0, 1.17
"""Mean of the absolute errors of our models, and standard deviation of their logs."""
_DIFFERENCE = 0.3
"""Standard deviation of the log of the ratio of two versions' errors of one stone."""
_ALWAYS = math.sqrt(0.5)
"""Share of that difference that all challengers have in common, because they learned from the same data."""
_OWN = math.sqrt(1 - _ALWAYS**2)


@dataclass(frozen=True, slots=True)
class Case:
    """Nights without any improvement, and then nights in which the true error is lower by a share."""

    improvement: float
    nights: int
    nights_before: int = 0
    looks_before: int = 0

    @property
    def before(self) -> str:
        """What came before, in words."""
        if self.nights_before:
            return f"{self.nights_before:,} nights without improvement"
        return f"{self.looks_before} looks by hand" if self.looks_before else "nothing"


_CASES = (
    Case(0.0, 1000),
    Case(0.01, 7),
    Case(0.02, 7),
    Case(0.02, 7, nights_before=100),
    Case(0.02, 7, nights_before=1000),
    Case(0.02, 7, looks_before=100),
    Case(0.03, 7, looks_before=100),
)


def promoted_share(case: Case, *, series: int, stones: int = STONES, seed: int = 0) -> float:
    """The share of series of nights in which a challenger is promoted.

    Each night a newly trained challenger meets the same champion on the same stones, if its error out of fold
    is worth a look.
    """
    generator = np.random.default_rng(seed)
    return float(np.mean([_Series(generator, stones).promotes(case) for _ in range(series)]))


class _Series:
    """One champion with all that its challengers have in common, on the hold-out and out of fold."""

    def __init__(self, generator: np.random.Generator, stones: int) -> None:
        self._generator = generator
        self._champion = _MEAN_USD * _lognormal(generator.standard_normal(stones), _SPREAD)
        self._common = generator.standard_normal(stones)
        self._common_out_of_fold = generator.standard_normal()
        self._looks = 0

    def promotes(self, case: Case) -> bool:
        self._looks = case.looks_before + sum(self._is_worth_a_look(0.0) for _ in range(case.nights_before))
        return any(self._is_promoted(case.improvement) for _ in range(case.nights))

    def _is_worth_a_look(self, improvement: float) -> bool:
        """Out of fold the mean of so many errors is normal, so none of them is drawn."""
        deviation = math.sqrt(math.exp(_SPREAD**2) * (math.exp(_DIFFERENCE**2) - 1))
        luck = _ALWAYS * self._common_out_of_fold + _OWN * self._generator.standard_normal()
        gain = Gain(improvement * math.sqrt(LEARNED) / deviation + luck, 1.0)
        return gain.confidence >= SCREENED

    def _is_promoted(self, improvement: float) -> bool:
        if not self._is_worth_a_look(improvement):
            return False
        self._looks += 1
        own = self._generator.standard_normal(len(self._common))
        ratio = _lognormal(_ALWAYS * self._common + _OWN * own, _DIFFERENCE)
        gain = Gain.of(self._champion, self._champion * ratio * (1 - improvement))
        return gain.confidence >= confidence_needed(self._looks)


def _lognormal(normal: Prices, spread: float) -> Prices:
    """Positive numbers with a mean of 1."""
    return np.exp(spread * normal - spread**2 / 2)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1000)
    series = parser.parse_args().series
    print_header("true improvement of MAE", "nights", "before", "series that promote", text=3)
    for case in _CASES:
        share = promoted_share(case, series=series)
        print_row([f"{case.improvement:.0%}", f"{case.nights:,}", case.before, f"{share:.1%}"])


if __name__ == "__main__":
    main()
