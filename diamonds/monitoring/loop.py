"""Decides what follows from a report, and does it: a rollback, or events that start a training."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from diamonds.exchanges.database.reports import newest_reports, save_report
from diamonds.monitoring.alarms import ACCURACY, COVERAGE, DRIFT
from diamonds.monitoring.probation import ERROR_RATE
from diamonds.monitoring.report import Report, make_report
from diamonds.settings import settings
from diamonds.versions import promotion, switches
from diamonds.versions.adapted_intervals import adapt
from diamonds.versions.switches import Switch

EVENTS = {
    DRIFT: "diamonds.drift.detected",
    ACCURACY: "diamonds.accuracy.degraded",
    COVERAGE: "diamonds.coverage.broken",
}
"""The events by the kind of their alarm."""
ROLLBACK, TRAIN, NOTHING = "rollback", "train", "nothing"
_LOOKED_AT_REPORTS = 50


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from a report, in a sentence; ``events`` are to be emitted."""

    kind: str
    text: str
    events: tuple[str, ...] = ()


def monitor(now: datetime | None = None) -> dict[str, Any]:
    """Makes a report, does what follows from it, and stores both; returns them as JSON has them.

    Raises ``NoChampion``.
    """
    report = make_report(now)
    step = decide(report, last_training(report.made_at), switches.why_paused(Switch.LOOP))
    if step.kind == ROLLBACK:
        promotion.rollback(expected=report.champion, why=step.text)
    elif settings().adapt_intervals and report.intervals is not None:
        adapt(report.champion, report.intervals.factor, report.intervals.sales)
    return save_report(report.made_at, {**report.as_json(), "step": asdict(step)})


def decide(report: Report, trained_at: datetime | None, paused: str | None) -> Step:
    """What follows from a report, when alarms started the last training, and perhaps why all is paused."""
    watched = report.probation
    if paused:
        return Step(NOTHING, f"Nothing is done: {paused}")
    if watched is not None and watched.worse:
        return Step(
            ROLLBACK,
            f"on {watched.sales:,} sales since its promotion it was off by {watched.mape:.1%} and "
            f"{watched.former} would have been by {watched.former_mape:.1%}; the evidence is "
            f"{watched.evidence:,.0f} to 1, and {1 / ERROR_RATE:,.0f} to 1 is needed.",
        )
    if not report.alarms:
        return Step(NOTHING, "No alarm: nothing is to be done.")
    cooldown = timedelta(hours=settings().retrain_cooldown_hours)
    if trained_at is not None and report.made_at - trained_at < cooldown:
        started, until = f"{trained_at:%Y-%m-%d %H:%M} UTC", f"{trained_at + cooldown:%Y-%m-%d %H:%M}"
        return Step(NOTHING, f"Alarms started a training on {started}; the next may start from {until} on.")
    reasons = " ".join(alarm.text for alarm in report.alarms)
    return Step(TRAIN, f"A training is started. {reasons}", _events(report))


def _events(report: Report) -> tuple[str, ...]:
    kinds: Sequence[str] = [alarm.kind for alarm in report.alarms]
    return tuple(event for kind, event in EVENTS.items() if kind in kinds)


def last_training(before: datetime) -> datetime | None:
    """When alarms started a training last, as far as the newest reports say."""
    times = [
        datetime.fromisoformat(report["made_at"])
        for report in newest_reports(_LOOKED_AT_REPORTS)
        if report["step"]["kind"] == TRAIN
    ]
    return max((time for time in times if time <= before), default=None)
