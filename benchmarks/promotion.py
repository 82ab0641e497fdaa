"""How often the gate promotes by luck, and how soon what is truly better: many series of simulated nights.

``python -m benchmarks.promotion`` prints the share of series in which any challenger was promoted.
"""

import argparse
import math

import numpy as np

from diamonds.models.spec import Prices
from diamonds.versions.gate import Gain, confidence_needed

STONES = 10_000
"""About the hold-out of the classic stones."""
_MEAN_USD, _SPREAD = 250.0, 1.17
"""Mean of the absolute errors of our models, and standard deviation of their logs."""
_DIFFERENCE = 0.3
"""Standard deviation of the log of the ratio of two versions' errors of one stone."""
_ALWAYS = math.sqrt(0.5)
"""Share of that difference that all challengers have in common, because they learned from the same data."""
_CASES = ((0.0, 100, 0), (0.01, 7, 0), (0.02, 7, 0), (0.02, 7, 100), (0.03, 7, 100))


def promoted_share(
    improvement: float, *, series: int, nights: int, first_look: int = 1, stones: int = STONES, seed: int = 0
) -> float:
    """The share of series of nights in which a challenger is promoted.

    Each night a newly trained challenger meets the same champion on the same stones. Its true mean absolute
    error is lower by the share ``improvement``, every night. ``first_look`` is above 1 where the champion has
    been challenged before.
    """
    generator = np.random.default_rng(seed)
    return float(
        np.mean([_is_promoted(generator, improvement, nights, first_look, stones) for _ in range(series)])
    )


def _is_promoted(
    generator: np.random.Generator, improvement: float, nights: int, first_look: int, stones: int
) -> bool:
    champion = _MEAN_USD * _lognormal(generator.standard_normal(stones), _SPREAD)
    common = generator.standard_normal(stones)
    for look in range(first_look, first_look + nights):
        own = generator.standard_normal(stones)
        ratio = _lognormal(_ALWAYS * common + math.sqrt(1 - _ALWAYS**2) * own, _DIFFERENCE)
        if Gain.of(champion, champion * ratio * (1 - improvement)).confidence >= confidence_needed(look):
            return True
    return False


def _lognormal(normal: Prices, spread: float) -> Prices:
    """Positive numbers with a mean of 1."""
    return np.exp(spread * normal - spread**2 / 2)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1000)
    series = parser.parse_args().series
    print("| true improvement of MAE | nights | looks before | series that promote |")
    print("|---:|---:|---:|---:|")
    for improvement, nights, before in (
        (0.0, 100, 0),
        (0.01, 7, 0),
        (0.02, 7, 0),
        (0.02, 7, 100),
        (0.03, 7, 0),
    ):
        share = promoted_share(improvement, series=series, nights=nights, first_look=before + 1)
        print(f"| {improvement:.0%} | {nights} | {before} | {share:.1%} |", flush=True)


if __name__ == "__main__":
    main()
