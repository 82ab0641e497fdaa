"""Charts of exchanges: volume, latency and statuses."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.ui.colors import CYAN, GRAY, ORANGE, RED
from dashboard.ui.time_axis import time_axis

_HEIGHT = 320
_UTC = alt.Scale(type="utc")
_OUTCOMES = {"answered": CYAN, "refused": ORANGE, "failed": RED, "no answer": GRAY}
_BIN_WIDTHS = {
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
_PATHS = alt.Scale(scheme="tableau20")  # more colors than there are families of paths
_POWERS_OF_TEN = [10.0**power for power in range(-2, 6)]
_LEGEND = alt.Legend(title=None, orient="bottom", columns=3)
_OUTCOME_COLOR = alt.Color(
    "outcome:N",
    scale=alt.Scale(domain=list(_OUTCOMES), range=list(_OUTCOMES.values())),
    legend=_LEGEND,
)


def volume_chart(rows: pd.DataFrame) -> Any:
    """Bars of exchanges over time, by outcome."""
    width = _bin_width(rows["started_at"])
    counts = (
        rows.assign(outcome=_outcomes(rows["status"]), start=rows["started_at"].dt.floor(width))
        .groupby(["start", "outcome"], as_index=False)
        .size()
    )
    counts["end"] = counts["start"] + pd.Timedelta(width)
    return (
        alt.Chart(counts, title=f"Exchanges per {_BIN_WIDTHS[width]} (UTC)")
        .mark_bar()
        .encode(
            x=alt.X("start:T", title=None, bin="binned", scale=_UTC, axis=_axis(rows)),
            x2="end:T",
            y=alt.Y("size:Q", title=None, stack="zero", axis=alt.Axis(tickMinStep=1)),
            color=_OUTCOME_COLOR,
            tooltip=[_time_tooltip("start"), "outcome", alt.Tooltip("size", title="exchanges")],
        )
        .properties(height=_HEIGHT)
    )


def latency_chart(rows: pd.DataFrame) -> Any:
    """A point for each exchange, by the first part of its path, on a logarithmic scale."""
    timed = rows.dropna(subset=["duration_ms"])[["started_at", "duration_ms", "path"]]
    # A path with a name at its end, such as /models/linear, belongs to its family.
    families = timed["path"].str.extract(r"^(/[^/]*)")[0]
    timed = timed.assign(duration_ms=timed["duration_ms"].clip(lower=0.01), path=families)
    milliseconds = alt.Axis(values=_POWERS_OF_TEN)
    return (
        alt.Chart(timed, title="Latency in ms (UTC)")
        .mark_circle(size=45, opacity=0.6)
        .encode(
            x=alt.X("started_at:T", title=None, scale=_UTC, axis=_axis(rows)),
            y=alt.Y("duration_ms:Q", title=None, scale=alt.Scale(type="log"), axis=milliseconds),
            color=alt.Color("path:N", scale=_PATHS, legend=_LEGEND),
            tooltip=[
                _time_tooltip("started_at"),
                "path",
                alt.Tooltip("duration_ms", title="ms", format=".1f"),
            ],
        )
        .properties(height=_HEIGHT)
    )


def status_chart(rows: pd.DataFrame) -> Any:
    """A bar for each status, in the color of its outcome."""
    labels = rows["status"].astype(object).where(rows["status"].notna(), "none").astype(str)
    labelled = rows.assign(label=labels, outcome=_outcomes(rows["status"]))
    counts = labelled.groupby(["label", "outcome"], as_index=False).size()
    return (
        alt.Chart(counts, title="Exchanges by status")
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("size:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=5)),
            y=alt.Y("label:N", title=None, axis=alt.Axis(labelOverlap=False)),
            color=_OUTCOME_COLOR,
            tooltip=[alt.Tooltip("label", title="status"), alt.Tooltip("size", title="exchanges")],
        )
        .properties(height=_HEIGHT)
    )


def _outcomes(status: "pd.Series[int]") -> "pd.Series[str]":
    """The outcome of each exchange by its status; no status means that the client left before a response."""
    outcomes = status.map(_outcome, "ignore")
    return outcomes.astype(object).where(status.notna(), "no answer")


def _outcome(status: int) -> str:
    return "answered" if status < 400 else "refused" if status < 500 else "failed"


def _bin_width(times: "pd.Series[pd.Timestamp]") -> str:
    """The narrowest width that divides the time span into at most ``_MOST_BINS`` bins."""
    span = times.max() - times.min()
    return next((width for width in _BIN_WIDTHS if span / pd.Timedelta(width) <= _MOST_BINS), "7D")


def _axis(rows: pd.DataFrame) -> alt.Axis:
    return time_axis(rows["started_at"].min(), rows["started_at"].max())


def _time_tooltip(column: str) -> alt.Tooltip:
    return alt.Tooltip(f"utcyearmonthdatehoursminutesseconds({column}):T", title="UTC")
