"""How many times as wide as its own the intervals of a version are to be, with the history of that."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from diamonds.versions.append_only import append, newest_first

NARROWEST, WIDEST = 0.7, 3.0
"""Bounds of the factor."""
_FILE = "diamonds-intervals.jsonl"
_SMALLEST_CHANGE = 0.01


@dataclass(frozen=True, slots=True)
class Adapted:
    """From ``at`` on the intervals of ``version`` are ``factor`` times as wide (of logs of prices).

    ``sales`` is the number of those that say so.
    """

    version: str
    factor: float
    sales: int
    at: datetime


def adapt(version: str, factor: float, sales: int) -> Adapted:
    """Stores the factor, within its bounds, unless it holds already; returns what holds from now on."""
    bounded = round(min(max(factor, NARROWEST), WIDEST), 3)
    before = adapted(version)
    if before is not None and abs(before.factor - bounded) < _SMALLEST_CHANGE:
        return before
    change = Adapted(version, bounded, sales, datetime.now(UTC))
    append(_FILE, {**asdict(change), "at": change.at.isoformat()})
    return change


def adapted(version: str) -> Adapted | None:
    """What holds for a version; None: its own intervals."""
    return next((each for each in history() if each.version == version), None)


def history() -> list[Adapted]:
    """All that ever held, newest first."""
    return [
        Adapted(line["version"], line["factor"], line["sales"], datetime.fromisoformat(line["at"]))
        for line in newest_first(_FILE)
    ]
