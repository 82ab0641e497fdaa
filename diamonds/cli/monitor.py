"""``diamonds monitor``: how the champion does on what was recorded."""

from typing import Annotated, Any

import typer

from diamonds.cli.versions import print_json


def monitor(
    last: Annotated[bool, typer.Option("--last", help="Show the newest stored report; make none.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Compare the record with the champion's stones, and do what follows: see docs/monitoring.md."""
    from diamonds.database import migrate, running
    from diamonds.exchanges.database.reports import newest_reports
    from diamonds.monitoring.loop import monitor as make_report

    with running():
        migrate()
        reports = newest_reports(1) if last else [make_report()]
    if not reports:
        raise typer.BadParameter("There is no report yet; make one with: diamonds monitor")
    if as_json:
        print_json(reports[0])
        return
    for line in _lines(reports[0]):
        typer.echo(line)


def _lines(report: dict[str, Any]) -> list[str]:
    from diamonds.monitoring.markdown import price_change_of

    drifted = [f for window in report["windows"][-1:] for f in window["findings"] if f["drifted"]]
    lines = [
        f"{report['champion']}, champion since {str(report['promoted_at'])[:16]} UTC",
        f"last 7 days:  {_accuracy(report['last_7_days'])}",
        f"last 30 days: {_accuracy(report['last_30_days'])}",
        f"calls in the newest window: {report['windows'][-1]['calls']:,}",
        *([prices] if (prices := price_change_of(report)) else []),
        f"drifted in it: {', '.join(each['column'] for each in drifted) or 'nothing'}",
        *(f"ALARM {alarm['text']}" for alarm in report["alarms"]),
        f"next: {report['step']['text']}",
    ]
    if absurd := report.get("not_credible"):
        lines.insert(
            3, f"sales at prices that cannot be those of their stones, which do not count: {absurd:,}"
        )
    if estimated := report["estimated"]:
        figures = (
            f"{estimated['mae_usd']:,.0f} USD ({estimated['low_usd']:,.0f} to {estimated['high_usd']:,.0f})"
        )
        lines.insert(3, f"estimated MAE of the newest {estimated['stones']:,} quotes, sold or not: {figures}")
    return lines


def _accuracy(found: dict[str, Any] | None) -> str:
    if found is None:
        return "no sale of what it quoted"
    covered = found["coverage"]
    return (
        f"MAE {found['mae_usd']['value']:,.0f} USD, {found['mape']['value']:.1%} off "
        f"({found['mape']['low']:.1%} to {found['mape']['high']:.1%}), bias {found['bias']['value']:+.1%}, "
        + (f"coverage {covered['value']:.1%}, " if covered else "")
        + f"{found['stones']:,} sales"
    )
