"""Runs a simulated market against a whole stack, day by day, and says how the loop did."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from diamonds.live_market.clients import Clients
from diamonds.models.spec import Prices
from diamonds.monitoring.market import POISONED_FACTOR
from diamonds.prefect_api import runs
from diamonds.prefect_api.requests import PrefectDown, PrefectRefused

DAYS_AFTER = 4
"""Number of days for which a new champion is seen."""
_ABSURD = POISONED_FACTOR / 2


@dataclass(frozen=True, slots=True)
class LiveDay:
    """One day: its sales and their mean error, who was champion, and what was done."""

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

    ``bias_before`` and ``bias_after`` are by how much quotes were too high in the median, as shares.
    """

    before: float
    worst: float
    after: float
    bias_before: float
    bias_after: float
    sales: int
    promotions: int

    @property
    def recovered(self) -> bool:
        """Whether the error is at most 5% above its level before."""
        return self.after <= 1.05 * self.before


def course(clients: Clients, days: int, forced: tuple[int, str] | None) -> Iterator[LiveDay]:
    """The days of the market; the flow ``monitor`` runs each evening, unless that of the last still does.

    ``forced`` is a day on which a version of that model is forced through. A machine is slower than the
    market: after all ``days``, at most twice as many more pass until a training in flight has ended, and
    ``DAYS_AFTER`` of a new champion.
    """
    run: runs.Run | None = None
    champions: list[str] = []
    for day in clients.market.days(3 * days):
        if day.number >= days and not _is_in_flight(champions):
            return
        if forced is not None and day.number == forced[0]:
            clients.promote(clients.newest_of(forced[1]))
        clients.live(day)
        run = _monitoring(run)
        lived = _live_day(clients, day.number)
        champions.append(lived.champion)
        yield lived


def _is_in_flight(champions: list[str]) -> bool:
    """Whether a training has not ended, or the champion is a new one."""
    newest = runs.newest_run()
    is_new = len(set(champions)) > 1 and len(set(champions[-DAYS_AFTER:])) > 1
    return is_new or (newest is not None and not newest.ended)


def _monitoring(run: runs.Run | None) -> runs.Run | None:
    """The run of the flow that monitors: that one until it has ended, then another."""
    try:
        return runs.start_monitoring() if run is None or runs.get_run(run.id).ended else run
    except (PrefectDown, PrefectRefused):  # it is busy; the next evening will do
        return run


def _live_day(clients: Clients, number: int) -> LiveDay:
    monitored = clients.monitored()
    report = next(iter(monitored["reports"]), None)
    sold = _honest(clients.sales).query("sold_on == @number")
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
    before = sales[sales["sold_on"] < shift_day]
    since = sales[sales["sold_on"] >= shift_day]
    last = since[since["version"] == days[-1].champion]
    daily = since.groupby("sold_on").apply(_mape)
    champions = [each.champion for each in days]
    changes = sum(a != b for a, b in pairwise(champions))
    biases = _bias(before), _bias(last)
    return Outcome(_mape(before), float(daily.max()), _mape(last), *biases, len(last), changes)


def _honest(sales: list[dict[str, object]]) -> pd.DataFrame:
    """The sales without those that were reported at an absurd price: the simulation knows which are."""
    frame = pd.DataFrame(sales, columns=["day", "sold_on", "version", "price", "predicted"])
    return frame[frame["price"].astype("float64") < _ABSURD * frame["predicted"].astype("float64")]


def _mape(sales: pd.DataFrame) -> float:
    return float(np.abs(_errors(sales)).mean()) if len(sales) else float("nan")


def _bias(sales: pd.DataFrame) -> float:
    return float(np.median(_errors(sales))) if len(sales) else float("nan")


def _errors(sales: pd.DataFrame) -> Prices:
    """How far quotes were above the sale prices, as shares of these."""
    ratio: Prices = sales["predicted"].to_numpy("float64") / sales["price"].to_numpy("float64")
    return ratio - 1
