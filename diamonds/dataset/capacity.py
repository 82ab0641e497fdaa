"""Says beforehand what a dataset of so few stones can carry: grades, intervals, promotions."""

import math
from collections.abc import Iterator

FEW_STONES = 1000
FEWEST_TO_DECIDE = 1000
"""Number of held-out stones below which a person decides on promotions."""


def fewest_to_calibrate(coverage: float) -> int:
    """The number of calibration stones below which no interval holds the promised share of prices."""
    return math.ceil(coverage / (1 - coverage) - 1e-9)


def capacity_notes(stones: int, *, calibration: int, deciding: int, coverage: float) -> Iterator[str]:
    """What a dataset cannot carry, in sentences; nothing for one that is large enough.

    ``calibration`` of the stones calibrate intervals, ``deciding`` decide on promotions.
    """
    if stones < FEW_STONES:
        yield (
            f"{stones:,} stones are few: with less than {FEW_STONES:,} a model learns the weight and the "
            f"frequent grades, prices of rare grades are guesses, and intervals are wide."
        )
    if calibration < fewest_to_calibrate(coverage):
        yield (
            f"Quotes will have no intervals: {calibration} of the stones calibrate them, and a coverage of "
            f"{coverage:.0%} needs {fewest_to_calibrate(coverage)} or more (DIAMONDS_COVERAGE)."
        )
    if deciding < FEWEST_TO_DECIDE:
        yield (
            f"No version will replace a champion by itself: {deciding:,} stones are held out to decide, and "
            f"fewer than {FEWEST_TO_DECIDE:,} decide nothing; a person may (`diamonds promote --force`)."
        )
