"""Decides which alarms the newest windows raise: drift, degraded accuracy, broken coverage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from diamonds.monitoring.accuracy import Accuracy, accuracy
from diamonds.monitoring.changes import Change, PriceChange, change, price_text
from diamonds.monitoring.columns import QUOTED_PRICE, SALE_RATIO
from diamonds.monitoring.drift import FEWEST, NEEDED, WINDOWS, Column, Finding, alarms
from diamonds.monitoring.record import Window

DRIFT, ACCURACY, COVERAGE = "drift", "accuracy", "coverage"
LARGEST_RISE = 1.1
"""Factor above the error on the hold-out from which the live error is degraded, whatever its certainty."""
COVERAGE_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Alarm:
    """What changed and since when, in a sentence; ``change`` has the stones and clients behind a drift."""

    kind: str
    subject: str
    since: datetime
    text: str
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One window with its findings, and the accuracy on its sales; None where there were too few."""

    window: Window
    findings: Sequence[Finding]
    accuracy: Accuracy | None


@dataclass(frozen=True, slots=True)
class Promise:
    """What a champion is expected to keep: its error as a share, and the coverage of its intervals."""

    mape: float
    coverage: float


def accuracy_of(sales: pd.DataFrame, window: Window) -> Accuracy | None:
    """The accuracy on the sales of a window's time, if there are enough."""
    sold = sales[(sales["sold_at"] >= window.since) & (sales["sold_at"] < window.until)]
    return accuracy(sold) if len(sold) >= FEWEST else None


def raised(
    windows: Sequence[Judged], columns: Mapping[str, Column], promise: Promise, prices: PriceChange | None
) -> list[Alarm]:
    """The alarms of the newest windows; each needs ``NEEDED`` of the newest ``WINDOWS``.

    Those of prices say which of the ``prices``' change is mix, and which is market.
    """
    drifted = [
        _drift(name, windows[first].window.since, windows[-1].window, columns[name], prices)
        for name, first in alarms([each.findings for each in windows]).items()
    ]
    return [*drifted, *_degraded(windows[-WINDOWS:], promise), *_uncovered(windows[-WINDOWS:], promise)]


def _drift(name: str, since: datetime, newest: Window, column: Column, prices: PriceChange | None) -> Alarm:
    found = change(name, column, newest.calls)
    text = f"{name[0].upper()}{name[1:]} drifts since {since:%Y-%m-%d %H:%M} UTC"
    if found is not None:
        stones = found.stones
        text += f": {stones.name} is now {stones.share:.1%} instead of {stones.usual:.1%}"
        clients = [
            f"{each.name[:60]} ({each.share:.0%} of them, {each.usual:.0%} of all)" for each in found.clients
        ]
        text += f", most from {', '.join(clients)}" if clients else ""
    text += "."
    if prices is not None and name in (QUOTED_PRICE, SALE_RATIO):
        text = " ".join(filter(None, (text, price_text(prices.mix, prices.market))))
    return Alarm(DRIFT, name, since, text, found)


def _degraded(windows: Sequence[Judged], promise: Promise) -> list[Alarm]:
    limit = LARGEST_RISE * promise.mape
    known = [(each, each.accuracy) for each in windows if each.accuracy]
    bad = [(each, found) for each, found in known if found.mape.low > limit]
    if len(bad) < NEEDED:
        return []
    (first, _), (_, newest) = bad[0], bad[-1]
    return [
        Alarm(
            ACCURACY,
            "mape",
            first.window.since,
            f"Quotes are off by {newest.mape.value:.1%} ({newest.mape.low:.1%} to {newest.mape.high:.1%}) of "
            f"{newest.stones:,} sale prices; on the hold-out it was {promise.mape:.1%}.",
        )
    ]


def _uncovered(windows: Sequence[Judged], promise: Promise) -> list[Alarm]:
    limit = promise.coverage - COVERAGE_TOLERANCE
    known = [(each, each.accuracy.coverage) for each in windows if each.accuracy and each.accuracy.coverage]
    bad = [(each, coverage) for each, coverage in known if coverage.high < limit]
    if len(bad) < NEEDED:
        return []
    (first, _), (_, newest) = bad[0], bad[-1]
    return [
        Alarm(
            COVERAGE,
            "coverage",
            first.window.since,
            f"Intervals hold {newest.value:.1%} ({newest.low:.1%} to {newest.high:.1%}) of the sale prices "
            f"instead of {promise.coverage:.0%}.",
        )
    ]
