"""Charts of the monitoring: live accuracy with the champions' reigns, and drift as small multiples."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.clients.api import JsonObject
from dashboard.ui.colors import CYAN, GRAY, ORANGE, RED
from dashboard.ui.time_axis import DAYS, time_axis


def accuracy_chart(days: list[JsonObject], champions: list[JsonObject]) -> Any:
    """The error of each day with its interval, and a line for each promotion since the first day."""
    rows = pd.DataFrame(
        {
            "day": each["name"],
            **{key: 100 * each["accuracy"]["mape"][key] for key in ("value", "low", "high")},
            "sales": each["accuracy"]["stones"],
        }
        for each in days
    )
    first = rows["day"].min()
    reigns = pd.DataFrame(
        [each for each in champions if each["promoted_at"][:10] >= first],
        columns=["version", "promoted_at", "reason"],
    )
    axis = time_axis(pd.Timestamp(first), pd.Timestamp(rows["day"].max()) + pd.Timedelta("1D"), DAYS)
    time = alt.X("day:T", title=None, scale=alt.Scale(type="utc"), axis=axis)
    band = (
        alt.Chart(rows)
        .mark_area(opacity=0.25, color=CYAN)
        .encode(x=time, y=alt.Y("low:Q", title="off by, in %"), y2="high:Q")
    )
    line = (
        alt.Chart(rows)
        .mark_line(point=True, color=CYAN)
        .encode(x=time, y="value:Q", tooltip=["day:T", alt.Tooltip("value:Q", format=".1f"), "sales"])
    )
    rules = (
        alt.Chart(reigns)
        .mark_rule(color=ORANGE, strokeDash=[4, 3])
        .encode(x="promoted_at:T", tooltip=["version:N", "reason:N"])
    )
    title = "Live error by day; dashed: promotions"
    return (band + line + rules).properties(height=240, title=title)


def drift_charts(windows: list[JsonObject]) -> dict[str, Any]:
    """The drift of each column by window, as a multiple of what is usual; red where it is certain."""
    rows = pd.DataFrame(
        {
            "since": window["since"],
            "column": finding["column"],
            "size": finding["size"] / finding["usual"],
            "found": "drifts" if finding["drifted"] else "usual",
            "stones": finding["stones"],
        }
        for window in windows
        for finding in window["findings"]
        if finding["usual"]
    )
    if rows.empty:
        return {}
    highest = max(rows["size"].max(), 1.0)
    return {str(column): _drift_chart(of_column, highest) for column, of_column in rows.groupby("column")}


def _drift_chart(rows: pd.DataFrame, highest: float) -> Any:
    color = alt.Scale(domain=["usual", "drifts"], range=[GRAY, RED])
    return (
        alt.Chart(rows, title=rows["column"].iloc[0])
        .mark_bar()
        .encode(
            x=alt.X("since:O", title=None, axis=None),
            y=alt.Y("size:Q", title=None, scale=alt.Scale(domain=[0, highest]), axis=alt.Axis(tickCount=3)),
            color=alt.Color("found:N", scale=color, legend=None),
            tooltip=["since", "column", alt.Tooltip("size", format=".2f"), "stones"],
        )
        .properties(height=130)
    )
