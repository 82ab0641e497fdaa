"""Keeps the bars of charts in the order of their rows."""

import altair as alt
import pandas as pd

AS_GIVEN = alt.EncodingSortField("rank", op="min")
"""Sorts by the ranks of `ranked` rows. Without a sort, Vega keeps the order of data that it drew earlier."""


def ranked(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with their position as the column ``rank``, so that a chart can draw them `AS_GIVEN`."""
    return rows.assign(rank=range(len(rows)))
