"""Decides which version quotes prices, and makes it the champion."""

from collections.abc import Sequence
from dataclasses import dataclass

from diamonds import model_store
from diamonds.model_store import Version


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the challenger becomes the champion, and why."""

    promote: bool
    reason: str


def decide(champion: Version | None, challenger: Version) -> Decision:
    """Promotes the challenger if its mean absolute error on the hold-out is lower than the champion's."""
    if champion is None:
        return Decision(True, f"{challenger.tag} is promoted: there was no champion.")
    if champion.labels["dataset"] != challenger.labels["dataset"]:
        why = "its errors are the newest; the champion's were measured on another dataset"
        promote = challenger.mae_usd < champion.mae_usd
    else:
        why = "both were measured on the same hold-out"
        promote = challenger.mae_usd < champion.mae_usd
    verb = "is promoted over" if promote else "does not replace"
    return Decision(
        promote,
        f"{challenger.tag} (MAE {challenger.mae_usd:.1f} USD) {verb} "
        f"{champion.labels['source']} (MAE {champion.mae_usd:.1f} USD): {why}.",
    )


def promote_best(challengers: Sequence[Version]) -> Decision:
    """Lets the best of the challengers meet the champion and promotes it if it is better."""
    best = min(challengers, key=lambda version: version.mae_usd)
    decision = decide(model_store.champion(), best)
    if decision.promote:
        model_store.promote(best.tag, decision.reason)
    return decision
