"""Charts of versions: a metric over time, and errors by slice of the hold-out."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.ui.chart_order import AS_GIVEN, ranked
from dashboard.ui.colors import ORANGE
from dashboard.ui.time_axis import time_axis
from dashboard.ui.version_fields import LABELS

_LEAST_PADDING = pd.Timedelta("5min")
_FORMATS = {"mae": ",.1f", "rmse": ",.1f", "r2": ".4f", "mape": ".1%"}


def metric_chart(versions: pd.DataFrame, metric: str) -> Any:
    """A metric of every version against the time of its training, a line for each model and dataset."""
    rows = versions[["created_at", "model", "version", "champion", "dataset", metric]].fillna({"dataset": ""})
    times = alt.Scale(type="utc", domain=_padded_span(rows["created_at"]))
    axis = time_axis(rows["created_at"].min(), rows["created_at"].max())
    values = alt.Axis(format=_FORMATS[metric], tickCount=6)
    axes = {
        "x": alt.X("created_at:T", title="trained (UTC)", scale=times, axis=axis),
        "y": alt.Y(f"{metric}:Q", title=LABELS[metric], scale=alt.Scale(zero=False, padding=24), axis=values),
    }
    color = alt.Color("model:N", legend=alt.Legend(title=None, orient="bottom", columns=3))
    trained = alt.Tooltip("utcyearmonthdatehoursminutes(created_at):T", title="trained (UTC)")
    tooltip = ["version", "dataset", trained, alt.Tooltip(metric, format=".5")]
    lines = alt.Chart(rows).mark_line(point=alt.OverlayMarkDef(size=70))
    stars = alt.Chart(rows[rows["champion"]]).mark_text(
        text="★", fontSize=26, baseline="middle", color=ORANGE
    )
    return (
        lines.encode(**axes, color=color, detail="dataset:N", tooltip=tooltip) + stars.encode(**axes)
    ).properties(height=340)


def _padded_span(times: "pd.Series[pd.Timestamp]") -> list[str]:
    """From before the first to after the last, so far apart that the axis shows times of day at least."""
    padding = max((times.max() - times.min()) * 0.05, _LEAST_PADDING)
    return [(times.min() - padding).isoformat(), (times.max() + padding).isoformat()]


def slice_chart(by_version: dict[str, list[dict[str, Any]]]) -> Any:
    """The mean absolute error of each slice of the hold-out, a bar for each version."""
    rows = pd.DataFrame(
        [{"version": tag, **row} for tag, slices in by_version.items() for row in slices],
        columns=["version", "slice", "stones", "mae", "mape"],
    )
    legend = alt.Legend(title=None, orient="top", direction="vertical", labelLimit=400)
    return (
        alt.Chart(ranked(rows), title="Mean absolute error by slice, in USD")
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("mae:Q", title=None, axis=alt.Axis(tickCount=8)),
            y=alt.Y("slice:N", sort=AS_GIVEN, title=None),
            yOffset=alt.YOffset("version:N", sort=AS_GIVEN),
            color=alt.Color("version:N", sort=AS_GIVEN, legend=legend),
            tooltip=["version", "slice", "stones", alt.Tooltip("mae", format=".1f")],
        )
        .properties(height=alt.Step(12))
    )
