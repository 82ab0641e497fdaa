"""Runs a simulated market against a whole stack, day by day, and says how the loop did."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from diamonds.live_market.clients import Clients
from diamonds.monitoring.market import POISONED_FACTOR
from diamonds.prefect_api import runs
from diamonds.prefect_api.requests import PrefectDown, PrefectRefused

_ABSURD = POISONED_FACTOR / 2


@dataclass(frozen=True, slots=True)
class LiveDay:
    """One day: the mean error of its quotes that were sold so far, who was champion, and what was done."""

    number: int
    sales: int
    mape: float
    champion: str
    alarms: tuple[str, ...]
    step: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The mean errors as shares of the price: before the change, from then on at the worst, and by the last
    champion, on so many ``sales``; and how often champions changed.
    """

    before: float
    worst: float
    after: float
    sales: int
    promotions: int

    @property
    def recovered(self) -> bool:
        """Whether the error is at most 5% above its level before."""
        return self.after <= 1.05 * self.before


def course(clients: Clients, days: int, forced: tuple[int, str] | None) -> Iterator[LiveDay]:
    """The days of the market; the flow ``monitor`` runs each evening, unless that of the last still does.

    ``forced`` is a day on which a version of that model is forced through.
    """
    run = None
    for day in clients.market.days(days):
        if forced is not None and day.number == forced[0]:
            clients.promote(clients.newest_of(forced[1]))
        clients.live(day)
        run = _monitoring(run)
        yield _live_day(clients, day.number)


def _monitoring(run: runs.Run | None) -> runs.Run | None:
    """The run of the flow that monitors: that one until it has ended, then another."""
    try:
        return runs.start_monitoring() if run is None or runs.get_run(run.id).ended else run
    except (PrefectDown, PrefectRefused):  # it is busy; the next evening will do
        return run


def _live_day(clients: Clients, number: int) -> LiveDay:
    monitored = clients.monitored()
    report = next(iter(monitored["reports"]), None)
    sold = _honest(clients.sales).query("day == @number")
    return LiveDay(
        number=number,
        sales=len(sold),
        mape=_mape(sold),
        champion=monitored["champions"][0]["version"],
        alarms=tuple(alarm["subject"] for alarm in report["alarms"]) if report else (),
        step=report["step"]["kind"] if report else "",
    )


def outcome(clients: Clients, shift_day: int, days: list[LiveDay]) -> Outcome:
    """What became of the error; the last champion's sales are those of its quotes of the newest days."""
    sales = _honest(clients.sales)
    before = sales[sales["day"] < shift_day]
    since = sales[sales["day"] >= shift_day]
    last = since[since["version"] == days[-1].champion]
    daily = since.groupby("day").apply(_mape)
    champions = [each.champion for each in days]
    changes = sum(a != b for a, b in pairwise(champions))
    return Outcome(_mape(before), float(daily.max()), _mape(last), len(last), changes)


def _honest(sales: list[dict[str, object]]) -> pd.DataFrame:
    """The sales without those that were reported at an absurd price: the simulation knows which are."""
    frame = pd.DataFrame(sales, columns=["day", "version", "price", "predicted"])
    return frame[frame["price"].astype("float64") < _ABSURD * frame["predicted"].astype("float64")]


def _mape(sales: pd.DataFrame) -> float:
    ratio = sales["predicted"].to_numpy("float64") / sales["price"].to_numpy("float64")
    return float(np.abs(ratio - 1).mean()) if len(sales) else float("nan")
