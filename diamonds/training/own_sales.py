"""Lets a training follow the market: its dataset with the sales of the record that can be trusted."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import polars as pl

from diamonds.database import migrate
from diamonds.dataset import Dataset, stone_hashes, without_calibration
from diamonds.dataset.recorded import recorded_stones
from diamonds.dataset.split import in_hold_out
from diamonds.dataset.with_sales import with_sales
from diamonds.diamond import COLUMNS
from diamonds.exchanges.database.samples import newest_sales
from diamonds.grades import GRADES
from diamonds.models.features import matrix_of
from diamonds.models.spec import Prices
from diamonds.pricing.pricer import Pricer, load_pricer
from diamonds.settings import settings
from diamonds.training.market_level import GROUP, periods
from diamonds.training.trusted_sales import QUOTED_SCHEMA, Trusted, trusted_sales, usual_factor
from diamonds.versions import store
from diamonds.versions.meeting import contender

MOST_SALES = 100_000
"""Maximum number of sales that are read, the newest."""
CLIENT_SHARE = 0.1
"""Number of sales of one client that are learned from at most, as a share of the market's stones."""


def with_own_sales(dataset: Dataset) -> Dataset:
    """The market's dataset with the sales of quoted stones, all at the present level of prices.

    What is usual between a quote and a price is measured on the champion's hold-out; without a champion
    nobody can tell, and no sale is learned from. See ``with_sales`` and ``market_level``. Raises
    ``DatabaseUnavailable`` and ``DamagedVersion``.
    """
    now = datetime.now(UTC)
    trusted, level = _trusted(int(CLIENT_SHARE * dataset.report.kept), now), 0.0
    champion = store.champion()
    if champion is not None and len(trusted.sales) >= GROUP:
        trusted, level = _at_present_level(trusted, dataset, load_pricer(champion))
    return with_sales(
        dataset,
        trusted.sales,
        half_life_days=settings().sales_half_life_days,
        today=now.date(),
        refused=trusted.refused,
        market_level=level,
    )


def _trusted(most_of_a_client: int, now: datetime) -> Trusted:
    champion = store.champion()
    if champion is None:
        return Trusted(pl.DataFrame(schema=QUOTED_SCHEMA), {})
    migrate()
    sales = pl.DataFrame(newest_sales(now, MOST_SALES), schema=QUOTED_SCHEMA)
    return trusted_sales(
        sales,
        currency=settings().currency,
        usual_factor=usual_factor(contender(champion).evaluation.stones),
        most_of_a_client=most_of_a_client,
    )


def _at_present_level(trusted: Trusted, dataset: Dataset, pricer: Pricer) -> tuple[Trusted, float]:
    """The sales with their prices moved to the level of the newest, and the logarithm by which the market's
    data has to be.

    Held-out stones say nothing about it; what is usual, the stones that are set apart for calibration do.
    """
    stones = recorded_stones(trusted.sales.select(COLUMNS).to_pandas())
    ratios, usual = _ratios(stones, pricer), _ratios(without_calibration(dataset.training)[1], pricer)
    learned = np.flatnonzero(np.isfinite(ratios) & ~in_hold_out(stone_hashes(stones)))
    days = trusted.sales["sold_at"].cast(pl.Int64).to_numpy()[learned].astype("float64")
    found = periods(ratios[learned], days, usual[np.isfinite(usual)])
    if not found:
        return trusted, 0.0
    places = np.arange(len(trusted.sales))
    number = np.searchsorted(learned[[each.start for each in found[1:]]], places, side="right")
    move = found[0].level - np.array([each.level for each in found])[number]
    moved = trusted.sales.with_columns(price=pl.col("price") * pl.Series(np.exp(move)))
    return Trusted(moved, trusted.refused), found[0].level


def _ratios(stones: pd.DataFrame, pricer: Pricer) -> Prices:
    """Logarithms of prices over the version's quotes; NaN of stones that it cannot quote."""
    whole = np.flatnonzero(stones[["carat", *GRADES, "price"]].notna().all(axis=1))
    matrix = matrix_of(stones.iloc[whole])
    refused = pricer.fit(matrix).refused
    known = np.array([place not in refused for place in range(len(whole))], dtype=bool)
    ratios = np.full(len(stones), np.nan)
    price = stones["price"].to_numpy("float64")[whole[known]]
    ratios[whole[known]] = np.log(price / pricer.learned_prices(matrix[known]))
    return ratios
