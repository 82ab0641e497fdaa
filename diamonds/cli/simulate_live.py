"""``diamonds simulate --live``: lets the loop act on a simulated market, in a stack of its own."""

import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from diamonds.cli.errors import FAILED
from diamonds.cli.output import print_json

if TYPE_CHECKING:
    from diamonds.live_market.course import LiveDay, Outcome
    from diamonds.monitoring.market import Shift

STONES = 6_000
"""Number of stones of the market's data, and of those that its clients have."""
FORCED_MODEL = "linear"
_START = "Starts a stack of its own, with a service, a database and Prefect, and trains in it."
_HEADER = "day  sales  off by  champion                            next      alarms"


def simulate_live(
    shift: "Shift",
    *,
    days: int,
    shift_day: int,
    calls: int,
    seed: int,
    day_seconds: float,
    forces: bool,
    as_json: bool,
) -> None:
    """Runs the market and shows each day; ends with 1 where the error did not recover.

    As JSON it is one document in the end, and the days are shown on stderr.
    """
    from diamonds.dataset import load_dataset
    from diamonds.live_market.clients import Clients, write_data
    from diamonds.live_market.course import course, outcome
    from diamonds.live_market.stack import own_stack
    from diamonds.monitoring.market import Market
    from diamonds.settings import settings

    with tempfile.TemporaryDirectory(prefix="diamonds-market-") as folder:
        home = Path(folder)
        typer.echo(_START, err=as_json)
        everything = load_dataset(settings().data)
        file = home / "market.csv"
        stones = write_data(everything.stones(), file, STONES, seed)
        with own_stack(home, file, day_seconds):
            market = Market(stones, datetime.now(UTC), shift, shift_day, calls, seed)
            clients, lived = Clients(market, day_seconds), []
            typer.echo(_HEADER, err=as_json)
            for day in course(clients, days, (shift_day, FORCED_MODEL) if forces else None):
                lived.append(day)
                typer.echo(_line(day), err=as_json)
            found = outcome(clients, shift_day, lived)
    if as_json:
        print_json({"shift_day": shift_day, "days": list(map(asdict, lived)), "outcome": asdict(found)})
    _conclude(found, as_json)


def _line(day: "LiveDay") -> str:
    figures = f"{day.number:>3} {day.sales:>6}  {day.mape:>6.1%}"
    return f"{figures}  {day.champion:<34}  {day.step:<8}  {', '.join(day.alarms) or 'none'}"


def _conclude(found: "Outcome", as_json: bool) -> None:
    typer.echo(
        f"off by {found.before:.2%} before, {found.worst:.1%} on the worst day, {found.after:.2%} by the "
        f"last champion ({found.sales:,} sales); in the median {found.bias_before:+.1%} before and "
        f"{found.bias_after:+.1%} after; {found.promotions} changes of the champion",
        err=as_json,
    )
    if not found.recovered:
        typer.echo("the error did not come back to within 5% of its level before", err=as_json)
        raise typer.Exit(FAILED)
