"""``diamonds simulate``: rehearses the monitoring on a market in which something changes."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from diamonds.cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from diamonds.monitoring.rehearsal import Evening

Name = Literal[
    "quiet", "sudden", "slow", "new-stones", "broken-units", "gamed-quotes", "poisoned", "bad-champion"
]
BAD_CHAMPION = "bad-champion"


def simulate(
    shift: Annotated[Name, typer.Argument(help="What changes in the market: see docs/monitoring.md.")],
    days: Annotated[int, typer.Option(help="Length of the simulation.", min=12, max=400)] = 30,
    shift_day: Annotated[int, typer.Option(help="The day on which it changes.", min=0)] = 18,
    calls: Annotated[int, typer.Option(help="Calls a day.", min=60, max=5000)] = 400,
    seed: Annotated[int, typer.Option(help="Another seed is another market.", min=0)] = 0,
    as_json: AsJson = False,
    live: Annotated[
        bool, typer.Option("--live", help="Start a whole stack for it, in which the loop acts.")
    ] = False,
    day_seconds: Annotated[float, typer.Option(help="Length of a day, with --live.", min=2)] = 15.0,
) -> None:
    """Write a simulated market into an unused record, at its own times, and show what the loop would do.

    Nothing is trained, promoted or rolled back. With --live all of that happens by itself, in a stack of its
    own that is gone afterwards: its clients quote over HTTP, and a day lasts some seconds. The change
    bad-champion forces a worse version through.
    """
    if live or shift == BAD_CHAMPION:
        from diamonds.cli.simulate_live import simulate_live
        from diamonds.monitoring.market import Shift

        forces = shift == BAD_CHAMPION
        simulate_live(
            Shift.QUIET if forces else Shift(shift),
            days=days,
            shift_day=shift_day,
            calls=calls,
            seed=seed,
            day_seconds=day_seconds,
            forces=forces,
            as_json=as_json,
        )
        return
    _rehearse(shift, days, shift_day, calls, seed, as_json)


def _rehearse(shift: str, days: int, shift_day: int, calls: int, seed: int, as_json: bool) -> None:
    from diamonds.database import migrate, running
    from diamonds.monitoring.market import MEANINGS, Market, Shift
    from diamonds.monitoring.rehearsal import check_unused, rehearse
    from diamonds.versions import store
    from diamonds.versions.reference import reference_stones

    champion = store.champion()
    if champion is None:
        raise store.NoChampion("There is no champion to quote in the market. Train with: diamonds train")
    now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = now - timedelta(days=days)
    market = Market(reference_stones(champion), start, Shift(shift), shift_day, calls, seed)
    meaning = f"{days} days of {calls:,} calls; from day {shift_day} on {MEANINGS[Shift(shift)]}."
    typer.echo(meaning, err=as_json)
    with running():
        migrate()
        check_unused(start, now)
        evenings = list(rehearse(market, days))
    print_json(_rows(evenings)) if as_json else _show(evenings, shift_day)


def _rows(evenings: list["Evening"]) -> list[dict[str, Any]]:
    return [
        {
            "day": each.day,
            "sales": each.report.sales,
            "last_7_days": each.report.last_7_days and asdict(each.report.last_7_days),
            "alarms": [alarm.text for alarm in each.report.alarms],
            "step": asdict(each.step),
        }
        for each in evenings
    ]


def _show(evenings: list["Evening"], shift_day: int) -> None:
    table = Table("day", "sales", "off by", "bias", "alarms", "next", box=None, padding=(0, 1, 0, 0))
    for each in evenings:
        found = each.report.last_7_days
        figures = (f"{found.mape.value:.1%}", f"{found.bias.value:+.1%}") if found else ("", "")
        alarms = ", ".join(alarm.subject for alarm in each.report.alarms)
        table.add_row(str(each.day), f"{each.report.sales:,}", *figures, alarms or "none", each.step.kind)
    console().print(table)
    first = next((each for each in evenings if each.day >= shift_day and each.report.alarms), None)
    false = sum(bool(each.report.alarms) for each in evenings if each.day < shift_day)
    typer.echo(f"evenings with an alarm before day {shift_day}: {false}")
    if first is None:
        typer.echo("nothing was found afterwards")
        return
    typer.echo(f"found {first.day - shift_day + 1} days after the change:")
    for alarm in first.report.alarms:
        typer.echo(f"- {alarm.text}")
