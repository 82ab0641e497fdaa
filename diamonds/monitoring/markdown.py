"""Shows a stored report of the monitoring as Markdown."""

from collections.abc import Iterator
from typing import Any

from diamonds.monitoring.changes import price_text


def markdown_of(report: dict[str, Any]) -> str:
    """The report: what follows, alarms, live accuracy by version and slice, and each window's drift."""
    lines = ["# Monitoring", "", f"{report['champion']}. **{report['step']['text']}**", ""]
    lines += [f"- Alarm: {alarm['text']}" for alarm in report["alarms"]]
    if prices := price_change_of(report):
        lines += ["", prices]
    lines += ["", "## Live accuracy", ""]
    lines += _accuracies({"last 7 days": report["last_7_days"], "last 30 days": report["last_30_days"]})
    if absurd := report.get("not_credible"):
        lines += [
            "",
            f"{absurd:,} sales are at over three times their quote or below a third, and do not count.",
        ]
    lines += [
        "",
        "Stones that sell are not stones that are quoted: of the others only an estimate is known.",
        "",
    ]
    if estimated := report["estimated"]:
        lines += [
            f"Estimated MAE of the newest {estimated['stones']:,} quotes, sold or not: "
            f"{estimated['mae_usd']:,.0f} USD ({estimated['low_usd']:,.0f} to {estimated['high_usd']:,.0f}).",
            "",
        ]
    for title, key in (
        ("By version", "versions"),
        ("Challengers, offline", "challengers"),
        ("By slice", "slices"),
    ):
        lines += [
            f"## {title}",
            "",
            *_accuracies({each["name"]: each["accuracy"] for each in report[key]}),
            "",
        ]
    lines += ["## Drift", "", *_drift(report["windows"])]
    return "\n".join(lines)


def price_change_of(report: dict[str, Any]) -> str | None:
    """How much of the change of prices since the champion's stones is mix, and how much is market."""
    changes = report.get("prices") or {}
    return price_text(changes.get("mix"), changes.get("market"))


def _accuracies(rows: dict[str, dict[str, Any] | None]) -> Iterator[str]:
    yield "| | sales | MAE (USD) | off by | bias | within 10% | coverage |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, found in rows.items():
        if found is None:
            yield f"| {name} | 0 | | | | | |"
            continue
        shares = [_percent(found[key]) for key in ("mape", "bias", "within_10_percent", "coverage")]
        mae = found["mae_usd"]
        usd = f"{mae['value']:,.0f} ({mae['low']:,.0f} to {mae['high']:,.0f})"
        yield f"| {name} | {found['stones']:,} | {usd} | {' | '.join(shares)} |"


def _percent(estimate: dict[str, float] | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate['value']:.1%} ({estimate['low']:.1%} to {estimate['high']:.1%})"


def _drift(windows: list[dict[str, Any]]) -> Iterator[str]:
    yield "| window from (UTC) | calls | drifted |"
    yield "| --- | --- | --- |"
    for window in windows:
        drifted = [each["column"] for each in window["findings"] if each["drifted"]]
        yield f"| {str(window['since'])[:16]} | {window['calls']:,} | {', '.join(drifted) or 'nothing'} |"
