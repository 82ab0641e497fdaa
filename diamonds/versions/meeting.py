"""Lets two versions quote the same stones, so that they can be compared pair by pair."""

import time

import pandas as pd

from diamonds.dataset import without_report
from diamonds.diamond import COLUMNS
from diamonds.evaluation.metrics import HOLD_OUT_FILE, Evaluation, evaluate
from diamonds.models import Estimator
from diamonds.models.features import matrix_of
from diamonds.models.intervals import Intervals
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.gate import Contender
from diamonds.versions.integrity import check
from diamonds.versions.reference import reference_stones
from diamonds.versions.version import IMPORTED, Version

_QUOTES = 20


def contenders(champion: Version, challenger: Version) -> tuple[Contender, Contender]:
    """Both with their quotes of those stones of the market that decide; raises ``DamagedVersion``."""
    stones, _ = without_report(reference_stones(champion))
    other = contender(challenger)
    if _must_quote(challenger) or not _same_stones(other.evaluation.stones, stones):
        other = _quoting(challenger, stones)
    return _quoting(champion, stones), other


def on_its_own_stones(champion: Version, challenger: Version) -> str:
    """How both do on the hold-out of the challenger's own data, in a sentence; raises ``DamagedVersion``."""
    own = contender(challenger)
    other = _quoting(champion, own.evaluation.stones)
    return (
        f"On the {len(own.evaluation.stones):,} held-out stones of its own data, which decide nothing here, "
        f"the MAE of {own.tag} is {own.mae_usd:.1f} USD and that of {other.tag} {other.mae_usd:.1f} USD."
    )


def contender(version: Version) -> Contender:
    """A version with the quotes that were saved with it; no other file is checked."""
    check(version, only=[HOLD_OUT_FILE])
    return _contender(version, Evaluation.load(version.folder).deciding())


def _must_quote(version: Version) -> bool:
    """Whether saved quotes are not enough: they came from elsewhere, or the time of a quote counts."""
    return IMPORTED in version.labels or settings().slowest_quote_ms is not None


def _same_stones(some: pd.DataFrame, others: pd.DataFrame) -> bool:
    columns = list(COLUMNS)
    return some[columns].reset_index(drop=True).equals(others[columns].reset_index(drop=True))


def _quoting(version: Version, stones: pd.DataFrame) -> Contender:
    """The version with its quotes of stones that are held out from it, and the time that one takes."""
    estimator = store.load(version)  # checks all files
    evaluation = evaluate(estimator, Intervals.load(version.folder), stones)
    return _contender(version, evaluation, _quote_ms(estimator, stones))


def _contender(version: Version, evaluation: Evaluation, quote_ms: float | None = None) -> Contender:
    return Contender(version.source_tag, evaluation, settings().coverage, quote_ms)


def _quote_ms(estimator: Estimator, stones: pd.DataFrame) -> float:
    """The shortest time of a quote of one stone: other load of the machine only makes it longer."""
    stone = matrix_of(stones.head(1))
    times = []
    for _ in range(_QUOTES):
        start = time.perf_counter()
        estimator.predict_matrix(stone)
        times.append(time.perf_counter() - start)
    return min(times) * 1000
