"""Lets a training follow the market: its dataset with the sales of the record that can be trusted."""

from datetime import UTC, datetime

import polars as pl

from diamonds.database import migrate
from diamonds.dataset import Dataset
from diamonds.dataset.with_sales import with_sales
from diamonds.exchanges.database.samples import newest_sales
from diamonds.settings import settings
from diamonds.training.trusted_sales import QUOTED_SCHEMA, Trusted, trusted_sales, usual_factor
from diamonds.versions import store
from diamonds.versions.meeting import contender

MOST_SALES = 100_000
"""Maximum number of sales that are read, the newest."""
CLIENT_SHARE = 0.1
"""Number of sales of one client that are learned from at most, as a share of the market's stones."""


def with_own_sales(dataset: Dataset) -> Dataset:
    """The market's dataset with the sales of quoted stones; see ``with_sales``.

    What is usual between a quote and a price is measured on the champion's hold-out; without a champion
    nobody can tell, and no sale is learned from. Raises ``DatabaseUnavailable`` and ``DamagedVersion``.
    """
    now = datetime.now(UTC)
    trusted = _trusted(int(CLIENT_SHARE * dataset.report.kept), now)
    return with_sales(
        dataset,
        trusted.sales,
        half_life_days=settings().sales_half_life_days,
        today=now.date(),
        refused=trusted.refused,
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
