"""Reads the record as frames of typed stones: calls in windows of time, and sales beside their quotes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from diamonds.dataset.recorded import recorded_stones
from diamonds.diamond import FEATURES
from diamonds.exchanges.database.samples import count_calls, sampled_calls, sampled_sales
from diamonds.grades import GRADES
from diamonds.monitoring.drift import WINDOW_STONES

MOST_SALES = 20_000
"""Maximum number of sales that are read; of more, a random sample."""
LARGEST_FACTOR = 3.0
"""Factor between a price and its quote beyond which feedback is a mistake, such as another stone's price."""
_SPARE = 200
"""Calls of a window beyond its stones: some were refused."""


@dataclass(frozen=True, slots=True)
class Window:
    """Calls of ``since`` <= time < ``until``: a sample of ``total``, with the columns of ``calls_frame``."""

    since: datetime
    until: datetime
    calls: pd.DataFrame
    total: int


def read_calls(since: datetime, until: datetime) -> pd.DataFrame:
    """Calls of ``since`` <= time < ``until`` as ``calls_frame`` has them: all, or a sample for one window."""
    return calls_frame(sampled_calls(since, until, WINDOW_STONES + _SPARE))


def read_windows(now: datetime, number: int, length: timedelta) -> list[Window]:
    """The newest windows up to ``now``, one after the other, the newest last."""
    starts = [now - length * back for back in range(number, 0, -1)]
    bounds = [(start, start + length) for start in starts]
    return [Window(*each, read_calls(*each), count_calls(*each)) for each in bounds]


def read_sales(since: datetime, until: datetime) -> tuple[pd.DataFrame, int]:
    """Sales as ``sales_frame`` has them, and the number of all from which they were drawn."""
    sample = sampled_sales(since, until, MOST_SALES)
    return sales_frame(sample.rows), sample.total


def credible(sales: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each sale's price can be that of the stone that was quoted: within ``LARGEST_FACTOR`` of it."""
    return (sales["price"] / sales["predicted"]).between(1 / LARGEST_FACTOR, LARGEST_FACTOR)


_CALL = (
    "id",
    "started_at",
    "status",
    "user_agent",
    "key_name",
    *FEATURES,
    "price",
    "model_version",
    "warnings",
)
_SALE = ("exchange_id", "sold_at", "quoted_at", "price", "predicted", "low", "high", "coverage")


def calls_frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Calls with typed stones; ``refused``: bad requests, ``warned``: quotes with warnings.

    What is neither a quote with a price and a whole stone nor a bad request is left out.
    """
    frame = pd.DataFrame(rows, columns=list(_CALL))
    frame = recorded_stones(frame)
    refused = frame["status"].eq(400)
    whole = frame[["carat", *GRADES, "price"]].notna().all(axis=1) & frame["price"].gt(0)
    frame = frame.assign(refused=refused, warned=frame["warnings"].fillna(0).astype("int64").gt(0))
    return frame[refused | whole].reset_index(drop=True)


def sales_frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Sales with typed stones: ``price`` is that of the sale, ``predicted`` the quoted one."""
    frame = pd.DataFrame(
        [
            {**row, **{name: row["stone"].get(name) for name in FEATURES}}
            for row in rows
            if isinstance(row["stone"], dict)
        ],
        columns=[*_SALE, "model", "version", *FEATURES],
    )
    frame = recorded_stones(frame.assign(sold_at=pd.to_datetime(frame["sold_at"], utc=True)))
    whole = frame[["carat", *GRADES, "price", "predicted"]].notna().all(axis=1)
    return frame[whole].reset_index(drop=True)
