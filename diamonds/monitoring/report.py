"""Makes the report of the monitoring: live accuracy, drift, alarms, and the probation of a fresh champion."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from diamonds.evaluation.estimated_error import EstimatedError
from diamonds.evaluation.metrics import Evaluation
from diamonds.monitoring.accuracy import Accuracy, by_day, by_slice, by_version, rolling
from diamonds.monitoring.alarms import Alarm, Judged, Promise, accuracy_of, raised
from diamonds.monitoring.changes import PriceChange, price_change
from diamonds.monitoring.columns import SALE_RATIO, quote_columns, reference, sale_columns
from diamonds.monitoring.contest import IntervalWidth, challengers, estimated_error, interval_width, probation
from diamonds.monitoring.drift import Reference, Values
from diamonds.monitoring.probation import Probation
from diamonds.monitoring.record import Window, credible, read_calls, read_sales, read_windows
from diamonds.settings import settings
from diamonds.versions import store
from diamonds.versions.version import Version

SHOWN_WINDOWS = 10
_BASELINE_WINDOWS = 20
_DAYS_OF_SALES = 30


@dataclass(frozen=True, slots=True)
class Named:
    """The accuracy of a version, on a day or of a slice."""

    name: str
    accuracy: Accuracy


@dataclass(frozen=True, slots=True)
class WindowReport:
    """One window of the record: how many calls it had, and how each column compares with the reference."""

    since: datetime
    until: datetime
    calls: int
    findings: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Report:
    """What the monitoring found at ``made_at`` of the champion.

    ``last_7_days`` and ``last_30_days`` are its own live accuracy, ``versions`` that of each version that
    quoted, ``challengers`` what others would have quoted for the same sales. ``estimated`` is the expected
    error of the newest quotes, sold or not: an estimate. ``sales`` is the number of all sales in 30 days.
    ``intervals`` is how wide the champion's would have to be. Of the sales read, ``not_credible`` are
    too far from their quotes, and count nowhere.
    """

    made_at: datetime
    champion: str
    promoted_at: datetime
    sales: int
    last_7_days: Accuracy | None
    last_30_days: Accuracy | None
    days: Sequence[Named]
    versions: Sequence[Named]
    slices: Sequence[Named]
    challengers: Sequence[Named]
    estimated: EstimatedError | None
    windows: Sequence[WindowReport]
    alarms: Sequence[Alarm]
    prices: PriceChange | None
    probation: Probation | None
    intervals: IntervalWidth | None = None
    not_credible: int = 0

    def as_json(self) -> dict[str, Any]:
        """The report in values that JSON has."""
        return asdict(self)


def make_report(now: datetime | None = None) -> Report:
    """Reads the record up to ``now``, and compares it with the champion's stones; changes nothing.

    Raises ``NoChampion``.
    """
    now = now or datetime.now(UTC)
    champion = store.champion()
    if champion is None:
        raise store.NoChampion("There is no champion to monitor yet. Train with: diamonds train")
    length = timedelta(hours=settings().monitor_window_hours)
    windows = read_windows(now, SHOWN_WINDOWS, length)
    start = windows[0].since
    baseline = read_calls(start - length * _BASELINE_WINDOWS, start)
    sales, total = read_sales(now - timedelta(days=_DAYS_OF_SALES), now)
    believed = sales[credible(sales)].sort_values("sold_at")
    report = _report(now, champion, windows, baseline, believed, total)
    return replace(report, not_credible=len(sales) - len(believed))


def _report(
    now: datetime,
    champion: Version,
    windows: Sequence[Window],
    baseline: pd.DataFrame,
    sales: pd.DataFrame,
    total: int,
) -> Report:
    held_out = Evaluation.load(champion.folder)
    problems = quote_columns(baseline) if len(baseline) else {}
    usual = _usual_of(champion.source_tag)
    compared = reference(store.training_stones(champion), held_out.stones, problems, usual=usual)
    own = sales[sales["version"] == champion.source_tag]
    judged = [_judged(compared, each, own) for each in windows]
    promise = Promise(held_out.metrics().mape, settings().coverage)
    newest, at = windows[-1].calls, pd.Timestamp(now)
    prices = _prices(compared, windows[-1], own)
    quoted = newest[~newest["refused"]]
    return Report(
        made_at=now,
        champion=champion.source_tag,
        promoted_at=champion.created_at,
        sales=total,
        last_7_days=rolling(own, 7, at),
        last_30_days=rolling(own, _DAYS_OF_SALES, at),
        days=_named(by_day(_by_champions(sales))),
        versions=_named(by_version(sales)),
        slices=_named(by_slice(own)) if len(own) else [],
        challengers=_named(challengers(champion, sales)),
        estimated=estimated_error(champion, quoted),
        windows=[
            WindowReport(one.window.since, one.window.until, one.window.total, one.findings) for one in judged
        ],
        alarms=raised(judged, compared.columns, promise, prices),
        prices=prices,
        probation=probation(now, champion, sales),
        intervals=interval_width(champion, sales),
    )


@cache
def _usual_of(_tag: str) -> dict[tuple[str, int], Values]:
    """What is usual in windows drawn from the stones of a version, as far as this process knows it."""
    return {}


def _judged(compared: Reference, window: Window, sales: pd.DataFrame) -> Judged:
    sold = _within(sales, window)
    columns = quote_columns(window.calls) | (sale_columns(sold) if len(sold) else {})
    return Judged(window, compared.compare(columns), accuracy_of(sales, window))


def _within(sales: pd.DataFrame, window: Window) -> pd.DataFrame:
    return sales[(sales["sold_at"] >= window.since) & (sales["sold_at"] < window.until)]


def _named(accuracies: Iterable[tuple[str, Accuracy]]) -> list[Named]:
    return [Named(name, each) for name, each in accuracies]


def _by_champions(sales: pd.DataFrame) -> pd.DataFrame:
    """The sales that were quoted by a champion of some time."""
    return sales[sales["version"].isin([each.source_tag for each in store.history()])]


def _prices(compared: Reference, window: Window, sales: pd.DataFrame) -> PriceChange | None:
    quoted = window.calls[~window.calls["refused"]]
    if quoted.empty:
        return None
    sold = _within(sales, window)
    ratios = sale_columns(sold)[SALE_RATIO] if len(sold) else np.empty(0)
    return price_change(compared.columns, window.calls, ratios)
