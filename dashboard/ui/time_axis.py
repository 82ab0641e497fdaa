"""Axes of time in UTC on which hours go to 24."""

from typing import Any

import altair as alt
import pandas as pd

_FORMATS = {"10min": "%H:%M:%S", "2D": "%H:%M", "60D": "%b %d %H:%M", "1500D": "%Y-%m-%d"}
"""How ends of an axis that are less far apart than that are written."""


DAYS = "%b %d"
"""How the ends of an axis of whole days are written."""


def time_axis(first: pd.Timestamp, last: pd.Timestamp, form: str | None = None, **options: Any) -> alt.Axis:
    """An axis from the first to the last of the times, with the date where they are days apart.

    Times are written in the format ``form``, by default in one that fits how far apart they are.
    """
    fitting = (form for span, form in _FORMATS.items() if last - first < pd.Timedelta(span))
    form = form or next(fitting, "%Y-%m")
    if first.date() != last.date() and form == "%H:%M":
        form = "%b %d %H:%M"
    # As an expression: a format of its own would turn the axis of bins into one of numbers.
    label = f"utcFormat(datum.value, '{form}')"
    return alt.Axis(labelExpr=label, labelOverlap=True, **{"tickCount": 5, **options})
