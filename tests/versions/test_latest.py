"""Which held-out stones decide on promotions where trainings learn from sales."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from diamonds.dataset.capacity import FEWEST_TO_DECIDE
from diamonds.settings import settings
from diamonds.versions.latest import deciding, latest_of


@pytest.fixture
def follows_the_market(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DIAMONDS_TRAIN_ON_SALES", "true")
    monkeypatch.setenv("DIAMONDS_SALES_HALF_LIFE_DAYS", "30")
    settings.cache_clear()
    yield
    settings.cache_clear()


def stones(*days_ago: int | None) -> pd.DataFrame:
    days = [
        None if each is None else pd.Timestamp("2026-11-26") - pd.Timedelta(days=each) for each in days_ago
    ]
    return pd.DataFrame({"price": np.arange(len(days)), "sold_at": pd.Series(days, dtype="datetime64[ms]")})


def many(days_ago: int, number: int = FEWEST_TO_DECIDE) -> list[int]:
    return [days_ago] * number


def test_the_latest_are_those_of_one_half_life(follows_the_market: None) -> None:
    assert latest_of(stones(0, 29, 30, None, 400))["price"].tolist() == [0, 1]


def test_the_latest_decide_where_they_are_many_enough(follows_the_market: None) -> None:
    held_out = stones(*many(3), *many(100), None)

    assert len(deciding(held_out)) == FEWEST_TO_DECIDE


@pytest.mark.parametrize(
    "held_out",
    [stones(*many(3, FEWEST_TO_DECIDE - 1), 100), stones(*[None] * 5), stones().drop(columns="sold_at")],
)
def test_all_decide_where_the_latest_are_too_few(follows_the_market: None, held_out: pd.DataFrame) -> None:
    assert deciding(held_out) is held_out


def test_all_decide_where_trainings_do_not_learn_from_sales() -> None:
    held_out = stones(*many(3), *many(100))

    assert deciding(held_out) is held_out
