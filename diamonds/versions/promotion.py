"""Promotes versions to champion where they are better, lets models' names follow, and rolls back."""

import logging
from collections.abc import Sequence

from diamonds.dataset.source_url import without_secrets
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.acceptance import acceptance_number
from diamonds.versions.changes import relabel
from diamonds.versions.gate import Contender, Decision, decide
from diamonds.versions.integrity import check, damage
from diamonds.versions.looks import look_at, note_look
from diamonds.versions.meeting import beside, contender, contenders, worse_on_latest
from diamonds.versions.reference import foreign_source
from diamonds.versions.refused import refused_of
from diamonds.versions.screening import worth_a_look
from diamonds.versions.shared import decided_again
from diamonds.versions.switches import Switch, why_paused
from diamonds.versions.version import ACCEPTED, NOT_BETTER, REQUEST, UNDOES, Version

__all__ = ["AnotherChampion", "Contender", "Decision", "decide"]

log = logging.getLogger(__name__)


class AnotherChampion(ValueError):
    """The champion is another one than the request expects."""


@decided_again
def promote_best(challengers: Sequence[Version]) -> Decision:
    """Promotes the best challenger of a training if it is better than the champion; see ``gate.decide``.

    It must be better out of fold before the hold-out is looked at; see ``screening``. The best has the
    smallest error out of fold, so that the hold-out chooses nothing that it then tests. What learned from
    other stones than the configured market's is never promoted, also where nobody quotes. Each model's name
    follows its own new version where that is better than the one before. Raises ``DamagedVersion`` when any
    file of the best challenger changed, whatever the decision.
    """
    for challenger in challengers:
        _let_name_follow(challenger)
    best = min(challengers, key=lambda version: version.out_of_fold_mae_usd)
    source = foreign_source(best.labels["dataset"])
    if source is None:
        return _promote_if_better(best, is_screened=True)
    check(best)
    return Decision(False, _foreign_reason(best, source))


def _foreign_reason(version: Version, source: str) -> str:
    """Why what learned from another market is not promoted, and what to do instead."""
    champion = store.champion()
    market = without_secrets(settings().data)
    then = f"nobody quotes yet, and `diamonds promote {version.tag}` lets it"
    if champion:
        then = f"compare it with `diamonds compare {champion.source_tag} {version.tag}`"
    return (
        f"{version.tag} learned from {source}, which is not the market that is configured ({market}): it is "
        f"never promoted by itself. Instead, {then}, or make that data the market by DIAMONDS_DATA."
    )


def _let_name_follow(version: Version) -> None:
    """Accepts a new version of a model if it is better than the one that quotes for the model's name."""
    with store.promoting(version):
        before = store.newest(version.model)
        if version.labels.get(ACCEPTED) != NOT_BETTER or before is None:
            return
        decision = Decision(False, f"{version.tag} learned from another market.")
        if foreign_source(version.labels["dataset"]) is None:
            decision = _screened(before, version)
        if decision.promote:  # its labels are others now
            relabel(store.get(version.tag), {ACCEPTED: acceptance_number(version.model)})
    log.info("Model %s: %s", version.model, decision.reason)


@decided_again
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
            return _promote_if_better(version, request_id)
        decision = Decision(True, f"{version.tag} is promoted by hand.")
        store.promote(version.tag, decision.reason, request_id=request_id)
    return decision


def _promote_if_better(
    version: Version, request_id: str | None = None, *, is_screened: bool = False
) -> Decision:
    """They are compared while no other promotion can happen, unless promotions are paused."""
    if paused := why_paused(Switch.PROMOTION):
        check(version)
        return Decision(False, f"{version.tag} is not promoted. {paused}")
    with store.promoting(version):
        champion = store.champion()
        decision = _screened(champion, version) if champion and is_screened else _meet(champion, version)
        if decision.promote:
            store.promote(version.tag, decision.reason, request_id=request_id)  # checks every file it copies
        else:
            check(version)
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
    return _decision(store.get(champion), version)


def _screened(champion: Version, challenger: Version) -> Decision:
    """The decision of a meeting that need not come about."""
    screening = worth_a_look(champion, challenger)
    return _meet(champion, challenger) if screening.promote else screening


def _meet(champion: Version | None, challenger: Version) -> Decision:
    """The decision, which is noted with the challenger as a look at the champion."""
    decision = _decision(champion, challenger)
    if champion is not None:
        note_look(champion, store.get(challenger.tag))  # which may have met another one just now
    return decision


def _decision(champion: Version | None, challenger: Version) -> Decision:
    if champion is not None:
        look, slowest_ms = look_at(champion, challenger), settings().slowest_quote_ms
        decision = decide(*contenders(champion, challenger), look=look, slowest_ms=slowest_ms)
        if decision.promote and (worse := worse_on_latest(champion, challenger)):
            decision = Decision(False, f"{challenger.tag} is not promoted: {worse}. {decision.reason}")
        return Decision(decision.promote, " ".join([decision.reason, *beside(champion, challenger)]))
    if refused := refused_of(store.CHAMPION_NAME):
        reason = f"{challenger.tag} is promoted: the champion is damaged. {refused[0].reason}"
        return Decision(True, reason)
    return decide(None, contender(challenger))


@decided_again
def rollback(
    *, expected: str | None = None, request_id: str | None = None, why: str | None = None
) -> Decision:
    """Makes the previous champion the champion again; raises ``NoChampion`` if there is none.

    ``expected`` is the tag of the champion to go back from: raises ``AnotherChampion`` where that is no more
    the champion, so that two who go back at once go back once. Rolling back twice goes back two champions:
    one that was rolled back is never the previous one, nor is one that is damaged. The same request again
    changes nothing: see ``decision_on``. ``why`` is the reason, for the history.
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
        because = f": {why}" if why else "."
        decision = Decision(True, f"{before.labels['source']} is champion again, after {last}{because}")
        store.promote(before.tag, decision.reason, undoes=last, request_id=request_id)
    return decision


def previous() -> str | None:
    """The tag of the version that a rollback would make champion; None where nobody was it before."""
    candidates = [each for each in store.champions() if damage(each) is None]
    try:
        return _before(candidates).labels["source"] if candidates else None
    except store.NoChampion:
        return None


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
