"""Decides which sales of quoted stones are trusted to learn from: what feedback says may be wrong or false.

A sale is compared with its quote, not with other sales: what a stone was quoted at is known for certain.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl

from diamonds.dataset.with_sales import SCHEMA

QUOTED_SCHEMA = SCHEMA | {"quoted": pl.Float64, "currency": pl.String, "user_agent": pl.String}
"""The columns of sales with their quotes, the newest sale first."""
USUAL_SHARE = 0.999
"""Share of a champion's hold-out whose prices are within the usual factor of its quotes."""
LARGEST_FACTOR = 3.0
"""Usual factor at most, however bad the champion is."""
LARGEST_MOVE = 1.5
"""Factor by which prices may have moved in a month: more is a mistake, such as another currency."""
_MONTH_DAYS, _SALES_OF_A_MONTH = 30, 100


@dataclass(frozen=True, slots=True)
class Trusted:
    """Sales to learn from, and the number of the others by the reason why they are refused."""

    sales: pl.DataFrame
    refused: Mapping[str, int]


def usual_factor(quoted: pd.DataFrame) -> float:
    """The factor within which nearly all prices are of what was quoted: columns ``price``, ``predicted``."""
    ratio = np.log(quoted["price"].to_numpy("float64") / quoted["predicted"].to_numpy("float64"))
    return min(float(np.exp(np.quantile(np.abs(ratio), USUAL_SHARE))), LARGEST_FACTOR)


def trusted_sales(
    sales: pl.DataFrame, *, currency: str, usual_factor: float, most_of_a_client: int
) -> Trusted:
    """The sales within ``usual_factor`` of their quotes, at most so many of one client (user agent).

    A market that moves is no reason to refuse: the ratio of sale to quote is measured from its median over
    the sales of about the same month, of which half would have to be false to move it.
    """
    refusals = {
        f"in another currency than {currency}": pl.col("currency").fill_null(currency) != currency,
        f"beyond the newest {most_of_a_client:,} of one client": (
            pl.int_range(pl.len()).over("user_agent") >= most_of_a_client
        ),
        f"over {usual_factor:.2f} times or below 1/{usual_factor:.2f} of the usual ratio to their quotes": (
            (_ratio() - _market()).abs() > math.log(usual_factor)
        ),
    }
    refused: dict[str, int] = {}
    for reason, rule in refusals.items():
        kept = sales.filter(~rule)
        refused[reason] = len(sales) - len(kept)
        sales = kept
    return Trusted(sales.select(list(SCHEMA)), refused)


def _ratio() -> pl.Expr:
    return (pl.col("price") / pl.col("quoted")).log()


def _market() -> pl.Expr:
    """By how much the market of a sale's month is above its quotes, as a log; 0 where too few say so."""
    month = pl.col("sold_at").to_physical() // _MONTH_DAYS
    enough = pl.len().over(month) >= _SALES_OF_A_MONTH
    largest = math.log(LARGEST_MOVE)
    return pl.when(enough).then(_ratio().median().over(month).clip(-largest, largest)).otherwise(0.0)
