"""Rehearses the loop on a simulated market: writes its days into the record and reports what would follow.

No version is trained, promoted or rolled back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from diamonds.exchanges.database.samples import count_calls
from diamonds.monitoring.loop import TRAIN, Step, decide
from diamonds.monitoring.market import Market
from diamonds.monitoring.report import Report, make_report
from diamonds.monitoring.simulation import write_day, write_sales
from diamonds.pricing.pricer import load_pricer
from diamonds.versions import store

_FIRST_REPORT = 10
"""Number of days before the first report: there is too little to say."""


class RecordInUse(ValueError):
    """The record has calls of its own."""


@dataclass(frozen=True, slots=True)
class Evening:
    """The end of one day of the market, with the report of it and what the loop would do."""

    day: int
    report: Report
    step: Step


def check_unused(start: datetime, until: datetime) -> None:
    """Raises ``RecordInUse`` where there are calls in the time that is to be simulated."""
    if total := count_calls(start, until):
        raise RecordInUse(
            f"The record has {total:,} calls since {start:%Y-%m-%d}; expected none. A simulation writes its "
            "own among them: run it in a home of its own (DIAMONDS_HOME=/tmp/market diamonds simulate ...)."
        )


def rehearse(market: Market, days: int) -> Iterator[Evening]:
    """Writes the market day by day, each at its time, with a report every evening; raises ``NoChampion``."""
    champion = store.champion()
    if champion is None:
        raise store.NoChampion("There is no champion to quote in the market. Train with: diamonds train")
    pricer = load_pricer(champion)
    pending, trained_at = pd.DataFrame(), None
    for day in market.days(days):
        evening = market.start + timedelta(days=day.number + 1)
        pending = pd.concat([pending, write_day(market, day, pricer)])
        due = pending["sold_at"] < evening
        write_sales(pending[due])
        pending = pending[~due]
        if day.number < _FIRST_REPORT:
            continue
        report = make_report(evening)
        step = decide(report, trained_at, None)
        trained_at = evening if step.kind == TRAIN else trained_at
        yield Evening(day.number, report, step)
