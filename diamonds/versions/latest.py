"""Chooses the held-out stones that decide on a promotion: the latest, where trainings follow the market.

Beside old prices a version that follows a moved market would look worse than the one that does not.
"""

from typing import TYPE_CHECKING

from diamonds.dataset.capacity import FEWEST_TO_DECIDE
from diamonds.settings import settings

if TYPE_CHECKING:
    import pandas as pd


def deciding(stones: "pd.DataFrame") -> "pd.DataFrame":
    """The stones on which versions are compared: the latest of these, where they decide, or else all."""
    return latest_of(stones) if latest_decide(stones) else stones


def latest_decide(stones: "pd.DataFrame") -> bool:
    """Whether the latest of these stones are enough to decide alone."""
    return FEWEST_TO_DECIDE <= len(latest_of(stones)) < len(stones)


def latest_of(stones: "pd.DataFrame") -> "pd.DataFrame":
    """The stones sold within one half-life before the newest; none unless trainings learn from sales."""
    if not settings().train_on_sales or "sold_at" not in stones:
        return stones.head(0)
    import pandas as pd

    half_life = pd.Timedelta(days=settings().sales_half_life_days)
    latest: pd.DataFrame = stones[stones["sold_at"] > stones["sold_at"].max() - half_life]
    return latest
