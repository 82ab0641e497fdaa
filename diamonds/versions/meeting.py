"""Lets two versions quote the same stones, so that they can be compared pair by pair."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from diamonds.dataset import without_report
from diamonds.diamond import COLUMNS
from diamonds.evaluation.metrics import HOLD_OUT_FILE, Evaluation, evaluate
from diamonds.models import Estimator
from diamonds.models.features import matrix_of
from diamonds.models.intervals import Intervals
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.gate import SMALLEST_SLICE, Contender, Gain, error_usd
from diamonds.versions.integrity import check
from diamonds.versions.latest import deciding, latest_decide, latest_of
from diamonds.versions.reference import foreign_source, reference_stones
from diamonds.versions.version import IMPORTED, Version

if TYPE_CHECKING:
    import pandas as pd

CERTAINLY_WORSE = 0.95
"""Confidence that a challenger is worse on the latest sales with which it is not promoted."""
_QUOTES = 20


def contenders(champion: Version, challenger: Version) -> tuple[Contender, Contender]:
    """Both with their quotes of those stones of the market that decide; raises ``DamagedVersion``."""
    stones = deciding(held_out(champion))
    other = contender(challenger)
    if _must_quote(challenger) or not _same_stones(other.evaluation.stones, stones):
        other = _quoting(challenger, stones)
    return _quoting(champion, stones), other


def beside(champion: Version, challenger: Version) -> Iterator[str]:
    """How both do on stones that decide nothing, in sentences; raises ``DamagedVersion``.

    Those are of the challenger's own data, where that is another market's; and where trainings learn from
    sales the latest ones, or all where the latest decide.
    """
    if foreign_source(challenger.labels["dataset"]) is not None:
        own = contender(challenger).evaluation.stones
        yield _sentence(champion, challenger, own, f"the {len(own):,} held-out stones of its own data")
    if not settings().train_on_sales:
        return
    stones = held_out(champion)
    latest = latest_of(stones)
    if latest_decide(stones):
        yield _sentence(champion, challenger, stones, f"all {len(stones):,} held-out stones")
    elif len(latest):
        yield _sentence(champion, challenger, latest, f"the {len(latest):,} latest held-out stones")


def worse_on_latest(champion: Version, challenger: Version) -> str | None:
    """Why a challenger is certainly worse on the latest held-out sales, where these are too few to decide."""
    stones = held_out(champion)
    latest = latest_of(stones)
    if latest_decide(stones) or len(latest) < SMALLEST_SLICE:
        return None
    before, after = (error_usd(_quoting(each, latest).evaluation) for each in (champion, challenger))
    gain = Gain.of(before, after)
    if gain.confidence > 1 - CERTAINLY_WORSE:
        return None
    return f"on the {len(latest):,} latest held-out stones it is {gain.found}"


def _sentence(champion: Version, challenger: Version, stones: "pd.DataFrame", which: str) -> str:
    before, after = _quoting(champion, stones), _quoting(challenger, stones)
    return (
        f"On {which}, which decide nothing here, the MAE of {after.tag} is {after.mae_usd:.1f} USD "
        f"and that of {before.tag} {before.mae_usd:.1f} USD."
    )


def held_out(champion: Version) -> "pd.DataFrame":
    """The stones of the market that may decide on challengers of the champion."""
    return without_report(reference_stones(champion))[0]


def contender(version: Version) -> Contender:
    """A version with the quotes that were saved with it; no other file is checked."""
    check(version, only=[HOLD_OUT_FILE])
    return _contender(version, Evaluation.load(version.folder).deciding())


def _must_quote(version: Version) -> bool:
    """Whether saved quotes are not enough: they came from elsewhere, or the time of a quote counts."""
    return IMPORTED in version.labels or settings().slowest_quote_ms is not None


def _same_stones(some: "pd.DataFrame", others: "pd.DataFrame") -> bool:
    columns = list(COLUMNS)
    return some[columns].reset_index(drop=True).equals(others[columns].reset_index(drop=True))


def _quoting(version: Version, stones: "pd.DataFrame") -> Contender:
    """The version with its quotes of stones that are held out from it, and the time that one takes."""
    estimator = store.load(version)  # checks all files
    evaluation = evaluate(estimator, Intervals.load(version.folder), stones)
    return _contender(version, evaluation, _quote_ms(estimator, stones))


def _contender(version: Version, evaluation: Evaluation, quote_ms: float | None = None) -> Contender:
    return Contender(version.source_tag, evaluation, settings().coverage, quote_ms)


def _quote_ms(estimator: Estimator, stones: "pd.DataFrame") -> float:
    """The shortest time of a quote of one stone: other load of the machine only makes it longer."""
    stone = matrix_of(stones.head(1))
    times = []
    for _ in range(_QUOTES):
        start = time.perf_counter()
        estimator.predict_matrix(stone)
        times.append(time.perf_counter() - start)
    return min(times) * 1000
