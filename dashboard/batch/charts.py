"""The chart of a priced file: what is asked against our price."""

from typing import Any

import altair as alt
import polars as pl

from dashboard.batch.quotes import QuotedFile
from dashboard.ui.colors import CYAN, GRAY, ORANGE, RED
from diamonds.api.requests import ASKED
from diamonds.dataset.priced_file import OUTSIDE, PERCENT, PRICE

MOST_POINTS = 3_000
_SIDES = {"below": CYAN, "within": GRAY, "above": RED}


def deals_chart(quotes: QuotedFile) -> Any:
    """A point for each stone with an asking price; on the dashed line it is what we quote."""
    rows = deals_of(quotes)
    both = pl.concat([rows["price"], rows["asked"].alias("price")])
    low, high = float(both.to_numpy().min()), float(both.to_numpy().max())
    scale = alt.Scale(type="log", nice=False, domain=[low * 0.9, high * 1.1])
    amount = alt.Axis(
        format=",.0f", values=[1, 2, 5, *(step * 10**power for power in range(1, 9) for step in (1, 2, 5))]
    )
    color = alt.Scale(domain=list(_SIDES), range=list(_SIDES.values()))
    points = (
        alt.Chart(rows.to_pandas(), title="Asked against our price; below the line it is cheap")
        .mark_circle(size=60, opacity=0.7)
        .encode(
            x=alt.X("price:Q", title=f"Price in {quotes.currency}", scale=scale, axis=amount),
            y=alt.Y("asked:Q", title="Asked", scale=scale, axis=amount),
            color=alt.Color("side:N", scale=color, legend=alt.Legend(title="of the interval", orient="top")),
            tooltip=[
                "row",
                alt.Tooltip("price", format=",.0f"),
                alt.Tooltip("asked", format=",.0f"),
                alt.Tooltip("percent", title="%", format="+.1f"),
            ],
        )
    )
    ends = pl.DataFrame({"price": [low, high], "asked": [low, high]}).to_pandas()
    same = alt.Chart(ends).mark_line(color=ORANGE, strokeWidth=1.5, strokeDash=[4, 4])
    return (
        same.encode(x=alt.X("price:Q", scale=scale), y=alt.Y("asked:Q", scale=scale)) + points
    ).properties(height=320)


def deals_of(quotes: QuotedFile) -> pl.DataFrame:
    """Price, asking price, side of the interval and row of the stones with a deal; of very many a sample."""
    name = quotes.names
    columns = {"price": PRICE, "asked": ASKED, "percent": PERCENT, "side": OUTSIDE}
    rows = quotes.rows.with_row_index("row", offset=1).filter(pl.col(name[PERCENT]).is_not_null())
    rows = rows.select("row", **{ours: name[theirs] for ours, theirs in columns.items()})
    rows = rows.with_columns(pl.col("side").fill_null("within"))
    return rows.sample(MOST_POINTS, seed=0) if len(rows) > MOST_POINTS else rows
