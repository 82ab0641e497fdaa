"""Charts of versions: their errors over time, and by slice of the hold-out."""

from typing import Any

import altair as alt
import pandas as pd


def over_time(versions: pd.DataFrame, metric: str) -> Any:
    """A metric of every version against the time of its training, a line for each model."""
    rows = versions[["created_at", "model", "version", "champion", metric]]
    axes = {
        "x": alt.X("created_at:T", title=None),
        "y": alt.Y(f"{metric}:Q", title=metric.upper(), scale=alt.Scale(zero=False, padding=12)),
    }
    color = alt.Color("model:N", legend=alt.Legend(title=None, orient="top"))
    tooltip = ["version", "created_at:T", alt.Tooltip(metric, format=".5")]
    lines = alt.Chart(rows).mark_line(point=alt.OverlayMarkDef(size=70))
    stars = alt.Chart(rows[rows["champion"]]).mark_text(text="★", fontSize=22, dy=-14, color="#d97706")
    return (lines.encode(**axes, color=color, tooltip=tooltip) + stars.encode(**axes)).properties(height=260)


def slices(by_version: dict[str, list[dict[str, Any]]]) -> Any:
    """The mean absolute error of each slice of the hold-out, a bar for each version."""
    rows = pd.DataFrame(
        [{"version": tag, **each} for tag, found in by_version.items() for each in found],
        columns=["version", "slice", "stones", "mae", "mape"],
    )
    return (
        alt.Chart(rows, title="Mean absolute error by slice, in USD")
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("mae:Q", title=None),
            y=alt.Y("slice:N", sort=None, title=None),
            yOffset=alt.YOffset("version:N", sort=list(by_version)),
            color=alt.Color("version:N", sort=list(by_version), legend=alt.Legend(title=None, orient="top")),
            tooltip=["version", "slice", "stones", alt.Tooltip("mae", format=".1f")],
        )
        .properties(height=alt.Step(12))
    )
