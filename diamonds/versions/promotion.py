"""Decides whether a version becomes the champion, promotes it, and rolls promotions back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from diamonds.evaluation.metrics import HOLD_OUT_FILE, Evaluation, evaluate
from diamonds.models.intervals import Intervals
from diamonds.models.spec import Prices
from diamonds.versions import store
from diamonds.versions.integrity import check, damage
from diamonds.versions.refused import refused_of
from diamonds.versions.version import REQUEST, UNDOES, Version

CONFIDENCE = 0.95
SMALLEST_SLICE = 200
LARGEST_LOSS = 0.05
_RESAMPLES = 2000


class AnotherChampion(ValueError):
    """The champion is another one than the request expects."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the challenger becomes the champion, and why."""

    promote: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Contender:
    """A version with its quotes of the hold-out stones on which it is compared with another."""

    tag: str
    evaluation: Evaluation

    @property
    def mae_usd(self) -> float:
        return self.evaluation.metrics().mae


def decide(champion: Contender | None, challenger: Contender) -> Decision:
    """Promotes the challenger if it is better than the champion on the same stones, and nowhere much worse.

    Better: with 95% confidence of a paired bootstrap its mean absolute error is lower. Nowhere much worse: in
    no slice of 200 stones or more is its mean absolute error higher by more than 5%.
    """
    if champion is None:
        return Decision(True, f"{challenger.tag} is promoted: there was no champion.")
    compared = (
        f"{challenger.tag} (MAE {challenger.mae_usd:.1f} USD) and {champion.tag} "
        f"(MAE {champion.mae_usd:.1f} USD) were compared on {len(challenger.evaluation.stones):,} stones"
    )
    confidence = _confidence(champion.evaluation, challenger.evaluation)
    if confidence < CONFIDENCE:
        return Decision(
            False,
            f"{compared}: the challenger is better with a confidence of {confidence:.1%} only, "
            f"and {CONFIDENCE:.0%} is needed.",
        )
    if worse := list(_worse(champion.evaluation, challenger.evaluation)):
        return Decision(False, f"{compared}: the challenger is better, but worse for {', '.join(worse)}.")
    return Decision(True, f"{compared}: the challenger is better with a confidence of {confidence:.1%}.")


def _confidence(champion: Evaluation, challenger: Evaluation) -> float:
    """The share of resamples of the stones in which the challenger's mean absolute error is lower."""
    gains = _error_usd(champion) - _error_usd(challenger)
    generator = np.random.default_rng(0)
    better = [gains[generator.integers(0, len(gains), len(gains))].mean() > 0 for _ in range(_RESAMPLES)]
    return float(np.mean(better))


def _worse(champion: Evaluation, challenger: Evaluation) -> Iterator[str]:
    before = dict(champion.slices())
    for name, after in challenger.slices():
        if len(after.stones) < SMALLEST_SLICE:
            continue
        change = after.metrics().mae / before[name].metrics().mae - 1
        if change > LARGEST_LOSS:
            yield f"{name} by {change:.1%}"


def _error_usd(evaluation: Evaluation) -> Prices:
    return (evaluation.stones["predicted"] - evaluation.stones["price"]).abs().to_numpy("float64")


def promote_best(challengers: Sequence[Version], *, request_id: str | None = None) -> Decision:
    """Promotes the challenger with the smallest error if it is better than the champion.

    They are compared on the challenger's hold-out, while no other promotion can happen. Raises
    ``DamagedVersion`` when any file of that challenger changed, whatever the decision.
    """
    best = min(challengers, key=lambda version: version.mae_usd)
    with store.promoting(best):
        decision = _compare(store.champion(), best)
        if decision.promote:
            store.promote(best.tag, decision.reason, request_id=request_id)  # checks every file it copies
        else:
            check(best)
    return decision


def promote(tag: str, *, force: bool = False, request_id: str | None = None) -> Decision:
    """Promotes a version if it is better than the champion, or whatever its errors when forced.

    The same request again promotes nothing: see ``decision_on``. Raises ``UnknownVersion`` and
    ``DamagedVersion``.
    """
    version = store.get(tag)
    with store.promoting(version):
        if before := decision_on(request_id):
            return before
        if not force:
            return promote_best([version], request_id=request_id)
        decision = Decision(True, f"{version.tag} is promoted by hand.")
        store.promote(version.tag, decision.reason, request_id=request_id)
    return decision


def decision_on(request_id: str | None) -> Decision | None:
    """The decision that a request with this id brought about; None: none, or the request has no id."""
    promoted = store.history() if request_id else []
    reasons = (each.labels["reason"] for each in promoted if each.labels.get(REQUEST) == request_id)
    return next((Decision(True, reason) for reason in reasons), None)


def compare(champion: str, challenger: str) -> Decision:
    """What ``decide`` decides if version ``challenger`` challenges ``champion``; changes nothing."""
    version = store.get(challenger)
    check(version)
    return _compare(store.get(champion), version)


def _compare(champion: Version | None, challenger: Version) -> Decision:
    contender = _with_saved_quotes(challenger)
    if champion is not None:
        return decide(_with_quotes_of(champion, contender.evaluation.stones), contender)
    if refused := refused_of(store.CHAMPION.removeprefix(store.PREFIX)):
        reason = f"{challenger.tag} is promoted: the champion is damaged. {refused[0].reason}"
        return Decision(True, reason)
    return decide(None, contender)


def _with_saved_quotes(version: Version) -> Contender:
    """The version with the quotes of its hold-out that were saved with it; no other file is checked."""
    check(version, only=[HOLD_OUT_FILE])
    return _contender(version, Evaluation.load(version.folder))


def _with_quotes_of(version: Version, stones: pd.DataFrame) -> Contender:
    """The version with its quotes of stones that are held out from it."""
    estimator = store.load(version)  # checks all files
    return _contender(version, evaluate(estimator, Intervals.load(version.folder), stones))


def _contender(version: Version, evaluation: Evaluation) -> Contender:
    return Contender(version.labels.get("source", version.tag), evaluation)


def rollback(*, expected: str | None = None, request_id: str | None = None) -> Decision:
    """Makes the previous champion the champion again; raises ``NoChampion`` if there is none.

    ``expected`` is the tag of the champion to go back from: raises ``AnotherChampion`` where that is no more
    the champion, so that two who go back at once go back once. Rolling back twice goes back two champions:
    one that was rolled back is never the previous one, nor is one that is damaged. The same request again
    changes nothing: see ``decision_on``.
    """
    champion = store.champion()
    if champion is None:
        raise store.NoChampion("There is no champion to go back from.")
    with store.promoting(champion):
        if done := decision_on(request_id):
            return done
        candidates = [each for each in store.champions() if damage(each) is None]
        last = candidates[0].labels["source"]
        if expected not in (None, last):
            raise AnotherChampion(f"Got version={expected!r}, but the champion is {last}; look again.")
        before = _before(candidates)
        decision = Decision(True, f"{before.labels['source']} is champion again, after {last}.")
        store.promote(before.tag, decision.reason, undoes=last, request_id=request_id)
    return decision


def _before(candidates: Sequence[Version]) -> Version:
    """The champion to go back to; a rollback's copy of a champion comes before the champion itself."""
    promotions = [each for each in candidates if UNDOES not in each.labels]
    before = promotions[1:] if promotions and _is_promotion(candidates[0], promotions[0]) else promotions
    if not before:
        last = candidates[0].labels["source"]
        raise store.NoChampion(f"{last} was the first champion; there is none before it.")
    return before[0]


def _is_promotion(champion: Version, promotion: Version) -> bool:
    return champion.labels["source"] == promotion.labels["source"]
