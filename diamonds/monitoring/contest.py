"""Compares the champion with other versions on recorded stones, all priced offline."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import pandas as pd

from diamonds.evaluation.estimated_error import ErrorModel, EstimatedError, TooFewStones
from diamonds.models import REGISTRY
from diamonds.models.features import matrix_of
from diamonds.monitoring.accuracy import Accuracy, accuracy
from diamonds.monitoring.adaptive_intervals import FEWEST_SALES, learned_factor
from diamonds.monitoring.probation import Probation, judge
from diamonds.monitoring.shadow import MOST_SALES, shadow
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.error_model import error_model
from diamonds.versions.version import UNDOES, Version

PROBATION = timedelta(days=28)
"""How long a new champion is watched."""


def challengers(champion: Version, sales: pd.DataFrame) -> Iterator[tuple[str, Accuracy]]:
    """What the newest version of each other model would have been off on the newest sales."""
    newest = sales.tail(MOST_SALES)
    for name in REGISTRY:
        version = store.newest(name)
        if version is None or version.tag == champion.source_tag or newest.empty:
            continue
        priced = shadow(newest, version)
        if len(priced):
            yield version.tag, accuracy(priced)


def estimated_error(champion: Version, quoted: pd.DataFrame) -> EstimatedError | None:
    """The error to be expected of quotes whose stones may never be sold; None where nobody can tell."""
    if quoted.empty:
        return None
    try:
        model = _error_model(champion.tag)
    except TooFewStones:
        return None
    if model is None:
        return None
    return model.estimate(matrix_of(quoted), quoted["price"].to_numpy("float64"))


@lru_cache(maxsize=1)
def _error_model(tag: str) -> ErrorModel | None:
    return error_model(store.get(tag))


@dataclass(frozen=True, slots=True)
class IntervalWidth:
    """How many times as wide as its own the champion's intervals have to be, by so many ``sales``."""

    factor: float
    sales: int


def interval_width(champion: Version, sales: pd.DataFrame) -> IntervalWidth | None:
    """What the sales that the champion quoted say of its intervals; None: too few do.

    Its own intervals are computed anew, for the quoted ones may have been adapted.
    """
    quoted = sales[sales["version"] == champion.source_tag].tail(MOST_SALES)
    own = shadow(quoted, champion)
    if own.empty:
        return None
    judged = own[own["high"] > own["predicted"]]
    if len(judged) < FEWEST_SALES:
        return None
    return IntervalWidth(learned_factor(judged, settings().coverage), len(judged))


def former(champion: Version) -> Version | None:
    """The champion before, which comes back if this one is worse; None: there is none, or it came back."""
    if UNDOES in champion.labels:
        return None
    others = (each for each in store.champions() if each.source_tag != champion.source_tag)
    return next(others, None)


def probation(now: datetime, champion: Version, sales: pd.DataFrame) -> Probation | None:
    """What the sales since its promotion say of a champion in its first weeks; None: it has no probation."""
    before = former(champion)
    if before is None or now - champion.created_at > PROBATION:
        return None
    sold = sales[sales["sold_at"] >= champion.created_at]
    priced, priced_before = shadow(sold, champion), shadow(sold, before)
    both = priced.index.intersection(priced_before.index)
    price, quoted = (priced.loc[both, name].to_numpy("float64") for name in ("price", "predicted"))
    former_quoted = priced_before.loc[both, "predicted"].to_numpy("float64")
    return judge(champion.source_tag, before.source_tag, price, quoted, former_quoted)
