"""The charts of a model card, drawn from its figures."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.ui.chart_order import AS_GIVEN, ranked
from dashboard.ui.colors import CYAN, GRAY, ORANGE

_HEIGHT = 300
_USD = alt.Axis(format="$,.0f", values=[500, 1000, 2000, 5000, 10_000, 20_000])
_LOG = alt.Scale(type="log", nice=False, zero=False)


def predicted_chart(cells: list[dict[str, Any]]) -> Any:
    """Numbers of stones by true and by predicted price; on the dashed line both are the same."""
    rows = pd.DataFrame(cells)
    ends = [rows["price_from"].min(), rows["price_to"].max()]
    diagonal = (
        alt.Chart(pd.DataFrame({"price": ends}))
        .mark_line(color=ORANGE, strokeWidth=1.5, strokeDash=[4, 4])
        .encode(x=alt.X("price:Q", scale=_LOG), y=alt.Y("price:Q", scale=_LOG))
    )
    return (_heat_map(rows) + diagonal).properties(height=_HEIGHT)


def _heat_map(rows: pd.DataFrame) -> Any:
    shade = alt.Scale(type="log", range=["#a5d8e6", "#0e7490", "#4c1d95"])
    return (
        alt.Chart(rows, title="Predicted against true prices")
        .mark_rect()
        .encode(
            x=alt.X("price_from:Q", title="True price in USD", scale=_LOG, axis=_USD),
            x2="price_to:Q",
            y=alt.Y("predicted_from:Q", title="Predicted price in USD", scale=_LOG, axis=_USD),
            y2="predicted_to:Q",
            color=alt.Color("stones:Q", scale=shade, legend=alt.Legend(tickCount=4)),
            tooltip=[
                alt.Tooltip("price_from", format="$,.0f"),
                alt.Tooltip("predicted_from", format="$,.0f"),
                "stones",
            ],
        )
    )


def error_chart(bands: list[dict[str, Any]]) -> Any:
    """The median error by weight, and the band that holds the errors of nine of ten stones."""
    rows = alt.Chart(pd.DataFrame(bands), title="Error by weight: the median, and 9 of 10 stones")
    weight = alt.X("carat:Q", title="Carat", scale=alt.Scale(zero=False, nice=False))
    share = alt.Axis(format="+.0%")
    area = rows.mark_area(opacity=0.35, color=CYAN).encode(
        x=weight, y=alt.Y("low:Q", title="Error, share of the price", axis=share), y2="high:Q"
    )
    line = rows.mark_line(color=ORANGE).encode(x=weight, y="median:Q")
    zero = alt.Chart(pd.DataFrame({"none": [0]})).mark_rule(color=GRAY).encode(y="none:Q")
    return (area + zero + line).properties(height=_HEIGHT)


def importance_chart(properties: list[dict[str, Any]]) -> Any:
    """The mean absolute change of a price by each property."""
    return (
        alt.Chart(ranked(pd.DataFrame(properties)), title="What moves prices: mean change in USD")
        .mark_bar(cornerRadius=2, color=CYAN)
        .encode(
            x=alt.X("change_usd:Q", title=None, axis=alt.Axis(format="$,.0f", tickCount=5)),
            y=alt.Y("property:N", sort=AS_GIVEN, title=None),
            tooltip=["property", alt.Tooltip("change_usd", format="$,.2f")],
        )
        .properties(height=_HEIGHT)
    )


def tuning_chart(history: list[float]) -> Any:
    """The error of each trial, and the best so far."""
    rows = pd.DataFrame({"trial": range(1, len(history) + 1), "mae": history})
    rows["best"] = rows["mae"].cummin()
    chart = alt.Chart(rows, title="Tuning: cross-validated MAE in USD, and the best so far")
    trial = alt.X("trial:Q", title="Trial", axis=alt.Axis(tickMinStep=1, format="d"))
    errors = alt.Scale(zero=False, padding=8)
    points = chart.mark_circle(size=60, color=CYAN).encode(
        x=trial, y=alt.Y("mae:Q", title=None, scale=errors), tooltip=["trial", "mae"]
    )
    best = chart.mark_line(color=ORANGE, interpolate="step-after").encode(
        x=trial, y=alt.Y("best:Q", scale=errors)
    )
    return (points + best).properties(height=_HEIGHT)
