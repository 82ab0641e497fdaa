"""Charts of exchanges: how many, how fast, how they ended."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.ui.colors import CYAN, GRAY, ORANGE, RED

HEIGHT = 320
UTC = alt.Scale(type="utc")
OUTCOMES = {"answered": CYAN, "refused": ORANGE, "failed": RED, "no answer": GRAY}
_WIDTHS = {
    "1s": "second",
    "10s": "10 seconds",
    "1min": "minute",
    "5min": "5 minutes",
    "15min": "15 minutes",
    "1h": "hour",
    "6h": "6 hours",
    "1D": "day",
    "7D": "week",
}
_MOST_BINS = 30
_TENFOLD = [10.0**power for power in range(-2, 6)]


def outcome(status: "pd.Series[int]") -> "pd.Series[str]":
    """How an exchange ended, by its status; no status means that the client had no answer."""
    names = status.map(_named, "ignore")
    return names.astype(object).where(status.notna(), "no answer")


def _named(status: int) -> str:
    return "answered" if status < 400 else "refused" if status < 500 else "failed"


def volume(rows: pd.DataFrame) -> Any:
    """Bars of exchanges over time, by outcome."""
    width = bin_width(rows["started_at"])
    counted = (
        rows.assign(outcome=outcome(rows["status"]), began=rows["started_at"].dt.floor(width))
        .groupby(["began", "outcome"], as_index=False)
        .size()
    )
    counted["ended"] = counted["began"] + pd.Timedelta(width)
    return (
        alt.Chart(counted, title=f"Exchanges per {_WIDTHS[width]} (UTC)")
        .mark_bar()
        .encode(
            x=alt.X("began:T", title=None, bin="binned", scale=UTC, axis=alt.Axis(tickCount=5)),
            x2="ended:T",
            y=alt.Y("size:Q", title=None, stack="zero", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("outcome:N", scale=_scale(), legend=_LEGEND),
            tooltip=[_moment("began"), "outcome", alt.Tooltip("size", title="exchanges")],
        )
        .properties(height=HEIGHT)
    )


def latency(rows: pd.DataFrame) -> Any:
    """A point for each exchange, on a scale where tenfold slower is the same way up everywhere."""
    timed = rows.dropna(subset=["duration_ms"])[["started_at", "duration_ms", "path"]]
    # A path with a name at its end, such as /models/linear, belongs to its family.
    families = timed["path"].str.extract(r"^(/[^/]*)")[0]
    timed = timed.assign(duration_ms=timed["duration_ms"].clip(lower=0.01), path=families)
    return (
        alt.Chart(timed, title="Latency in ms (UTC)")
        .mark_circle(size=45, opacity=0.6)
        .encode(
            x=alt.X("started_at:T", title=None, scale=UTC, axis=alt.Axis(tickCount=5)),
            y=alt.Y("duration_ms:Q", title=None, scale=alt.Scale(type="log"), axis=alt.Axis(values=_TENFOLD)),
            color=alt.Color("path:N", legend=_LEGEND),
            tooltip=[_moment("started_at"), "path", alt.Tooltip("duration_ms", title="ms", format=".1f")],
        )
        .properties(height=HEIGHT)
    )


def statuses(rows: pd.DataFrame) -> Any:
    """A bar for each status, the errors in their colors."""
    named = rows["status"].astype(object).where(rows["status"].notna(), "none").astype(str)
    named_rows = rows.assign(named=named, outcome=outcome(rows["status"]))
    counted = named_rows.groupby(["named", "outcome"], as_index=False)
    return (
        alt.Chart(counted.size(), title="Exchanges by status")
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("size:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=5)),
            y=alt.Y("named:N", title=None, axis=alt.Axis(labelOverlap=False)),
            color=alt.Color("outcome:N", scale=_scale(), legend=_LEGEND),
            tooltip=["named", "size"],
        )
        .properties(height=HEIGHT)
    )


def bin_width(moments: "pd.Series[pd.Timestamp]") -> str:
    """The narrowest width that divides the whole span into few enough bins."""
    span = moments.max() - moments.min()
    return next((width for width in _WIDTHS if span / pd.Timedelta(width) <= _MOST_BINS), "7D")


def _moment(column: str) -> alt.Tooltip:
    return alt.Tooltip(f"utcyearmonthdatehoursminutesseconds({column}):T", title="UTC")


def _scale() -> alt.Scale:
    return alt.Scale(domain=list(OUTCOMES), range=list(OUTCOMES.values()))


_LEGEND = alt.Legend(title=None, orient="bottom", columns=3)
