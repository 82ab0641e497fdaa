"""Spares looks at the hold-out: a challenger is first compared out of fold, on stones that both learned from.

Nothing is decided for a challenger there, for its parameters were chosen by these errors. But what is no
better even there need not be tried on the hold-out, where each look makes the next need more confidence.
"""

from dataclasses import dataclass

import numpy as np

from diamonds.dataset import stone_hashes, without_calibration
from diamonds.dataset.capacity import FEWEST_TO_DECIDE
from diamonds.dataset.hashing import Words
from diamonds.evaluation.out_of_fold import OUT_OF_FOLD_FILE, OutOfFold
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.gate import Decision, Gain
from diamonds.versions.latest import latest_decide
from diamonds.versions.meeting import held_out
from diamonds.versions.version import Version

SCREENED = 0.99
"""Confidence of a lower error out of fold that a look at the hold-out needs: see ``benchmarks.promotion``."""
_OTHER_LEVEL = 0.01
"""Logarithm by which prices of the same stones differ where one of the versions follows a moved market."""


def worth_a_look(champion: Version, challenger: Version) -> Decision:
    """Whether a challenger meets the champion on the hold-out.

    It does, where too few stones were priced out of fold by both, or its error there is certainly lower; and
    where the latest sales decide, or one learned from prices at another level, for errors in USD differ then.
    """
    if settings().train_on_sales and latest_decide(held_out(champion)):
        return Decision(True, f"The latest sales decide between {challenger.tag} and {champion.source_tag}.")
    known, new = _out_of_fold(champion), _out_of_fold(challenger)
    _, before, after = np.intersect1d(known.stones, new.stones, return_indices=True)
    tags = f"{challenger.tag} and {champion.source_tag}"
    stones = f"on the {len(before):,} stones that {tags} both learned from"
    if len(before) < FEWEST_TO_DECIDE:
        return Decision(True, f"Fewer than {FEWEST_TO_DECIDE:,} can be compared {stones}.")
    if abs(np.median(np.log(new.price[after] / known.price[before]))) > _OTHER_LEVEL:
        return Decision(True, f"{tags} learned from the same stones at other levels of prices.")
    gain = Gain.of(known.error_usd[before], new.error_usd[after])
    found = f"Out of fold, {stones}, the challenger is {gain.found}"
    if gain.confidence >= SCREENED:
        return Decision(True, f"{found}.")
    needed = f"the hold-out is not looked at without {SCREENED:.0%} confidence in an improvement"
    return Decision(False, f"{found}; {needed}.")


@dataclass(frozen=True, slots=True)
class _Learned:
    """Hashes of the stones that a version learned from, their prices, and its errors out of fold in USD."""

    stones: Words
    price: np.ndarray
    error_usd: np.ndarray


def _out_of_fold(version: Version) -> _Learned:
    """What a version learned from; nothing of one that was saved without."""
    learned, _ = without_calibration(store.training_stones(version))
    out_of_fold = OutOfFold.load(version.folder) if (version.folder / OUT_OF_FOLD_FILE).is_file() else None
    if out_of_fold is None or len(out_of_fold.price) != len(learned):
        return _Learned(np.empty(0, dtype=np.uint64), np.empty(0), np.empty(0))
    error_usd = np.abs(out_of_fold.price - out_of_fold.predicted)
    return _Learned(stone_hashes(learned), out_of_fold.price, error_usd)
