"""Spares looks at the hold-out: a challenger is first compared out of fold, on stones that both learned from.

Nothing is decided for a challenger there, for its parameters were chosen by these errors. But what is no
better even there need not be tried on the hold-out, where each look makes the next need more confidence.
"""

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


def worth_a_look(champion: Version, challenger: Version) -> Decision:
    """Whether a challenger meets the champion on the hold-out.

    It does, where too few stones were priced out of fold by both, or its error there is certainly lower; and
    where the latest sales decide, for what both learned from is older.
    """
    if settings().train_on_sales and latest_decide(held_out(champion)):
        return Decision(True, f"The latest sales decide between {challenger.tag} and {champion.source_tag}.")
    known, new = out_of_fold_errors(champion), out_of_fold_errors(challenger)
    _, before, after = np.intersect1d(known[0], new[0], return_indices=True)
    tags = f"{challenger.tag} and {champion.source_tag}"
    stones = f"on the {len(before):,} stones that {tags} both learned from"
    if len(before) < FEWEST_TO_DECIDE:
        return Decision(True, f"Fewer than {FEWEST_TO_DECIDE:,} can be compared {stones}.")
    gain = Gain.of(known[1][before], new[1][after])
    found = f"Out of fold, {stones}, the challenger is {gain.found}"
    if gain.confidence >= SCREENED:
        return Decision(True, f"{found}.")
    needed = f"the hold-out is not looked at without {SCREENED:.0%} confidence in an improvement"
    return Decision(False, f"{found}; {needed}.")


def out_of_fold_errors(version: Version) -> tuple[Words, np.ndarray]:
    """Hashes of the stones that a version learned from, and its absolute errors out of fold in USD.

    Both are empty for a version that was saved without.
    """
    learned, _ = without_calibration(store.training_stones(version))
    out_of_fold = OutOfFold.load(version.folder) if (version.folder / OUT_OF_FOLD_FILE).is_file() else None
    if out_of_fold is None or len(out_of_fold.price) != len(learned):
        return np.empty(0, dtype=np.uint64), np.empty(0)
    return stone_hashes(learned), np.abs(out_of_fold.price - out_of_fold.predicted)
