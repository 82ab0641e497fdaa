"""Which sales by feedback a training believes: false ones do not move prices, a moving market does."""

from datetime import date, timedelta
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pytest

from diamonds.dataset import Dataset
from diamonds.dataset.with_sales import SCHEMA, with_sales
from diamonds.grades import GRADES
from diamonds.models import spec_named
from diamonds.monitoring.market import POISONED_FACTOR, POISONED_SHARE
from diamonds.training.trusted_sales import (
    LARGEST_FACTOR,
    QUOTED_SCHEMA,
    Trusted,
    trusted_sales,
    usual_factor,
)

TODAY = date(2026, 11, 26)
SALES = 2_000
FACTOR = 1.6
trust = partial(trusted_sales, currency="USD", usual_factor=FACTOR, most_of_a_client=SALES)


def sales(dataset: Dataset, *, factor: float = 1.0) -> pl.DataFrame:
    """Two months of sales of the market's stones, the newest first, at about the price that was quoted."""
    generator = np.random.default_rng(0)
    stones = dataset.training.sample(SALES, replace=True, random_state=0).reset_index(drop=True)
    noise = np.exp(generator.normal(0, 0.08, SALES))
    sold = stones.assign(quoted=stones["price"], price=stones["price"] * noise * factor, currency="USD")
    sold = sold.assign(
        sold_at=[TODAY - timedelta(days=60 * place // SALES) for place in range(SALES)],
        user_agent=generator.choice(["shop/1", "dealer/2"], SALES, p=[0.7, 0.3]),
    )
    return (
        pl.from_pandas(sold.astype(dict.fromkeys(GRADES, "str")))
        .cast({"sold_at": pl.Date})
        .select(list(QUOTED_SCHEMA))
    )


def poisoned(sold: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    false = pl.Series(np.random.default_rng(1).random(len(sold)) < POISONED_SHARE)
    price = pl.when(false).then(pl.col("price") * POISONED_FACTOR).otherwise(pl.col("price"))
    return sold.with_columns(price), false


def number_refused(trusted: Trusted) -> int:
    return sum(trusted.refused.values())


def test_sales_at_ten_times_the_price_are_refused_and_nearly_no_other(dataset: Dataset) -> None:
    sold, false = poisoned(sales(dataset))
    trusted = trust(sold)

    assert trusted.sales.equals(trust(sold.filter(~false)).sales)
    assert number_refused(trusted) == pytest.approx(false.sum(), abs=3)


@pytest.mark.parametrize("model", ["linear", "lightgbm"])
def test_five_percent_of_false_sales_move_quotes_by_less_than_one_percent(
    real_dataset: Dataset, model: str
) -> None:
    honest = sales(real_dataset)
    false, _ = poisoned(honest)

    quoted = quotes(real_dataset, trust(honest).sales, model)
    moved = quotes(real_dataset, trust(false).sales, model) / quoted
    assert np.abs(moved - 1).mean() < 0.01
    assert abs(np.log(moved).mean()) < 0.001, "What is left is the chance of another fit."
    believed = quotes(real_dataset, false.select(list(SCHEMA)), model) / quoted
    assert np.abs(believed - 1).mean() > 0.02, "Without the bound they would."


def quotes(dataset: Dataset, sold: pl.DataFrame, model: str) -> np.ndarray:
    """What a model of the market's stones and these sales quotes for the hold-out."""
    training = with_sales(dataset, sold, half_life_days=90, today=TODAY).training
    spec = spec_named(model)
    parameters = {**(spec.defaults or {}), "n_estimators": 100} if spec.defaults else {}
    estimator = spec.build(parameters, 0).fit(training, training["price"].to_numpy("float64"))
    return estimator.predict(dataset.hold_out)


@pytest.mark.parametrize("factor", [0.85, 1.15, 1.3])
def test_a_market_that_moved_is_believed(dataset: Dataset, factor: float) -> None:
    assert number_refused(trust(sales(dataset, factor=factor))) <= 3


def test_where_all_are_told_in_another_unit_none_is_believed(dataset: Dataset) -> None:
    assert len(trust(sales(dataset, factor=7.0)).sales) == 0


def test_a_month_with_few_sales_does_not_say_that_the_market_moved(dataset: Dataset) -> None:
    few = sales(dataset, factor=1.7).head(20)

    assert len(trust(few).sales) < 10


def test_of_one_client_the_newest_sales_are_believed_up_to_the_limit(dataset: Dataset) -> None:
    sold = sales(dataset)
    trusted = trust(sold, most_of_a_client=300)

    assert len(trusted.sales) == pytest.approx(600, abs=3)
    assert trusted.sales["sold_at"].max() == TODAY
    assert trusted.refused["beyond the newest 300 of one client"] == SALES - 600


def test_sales_in_another_currency_are_not_believed(dataset: Dataset) -> None:
    sold = sales(dataset).with_columns(currency=pl.Series(["EUR", None, *["USD"] * (SALES - 2)]))

    assert trust(sold).refused["in another currency than USD"] == 1


@pytest.mark.parametrize(("reach", "expected"), [(0.4, np.exp(0.4)), (2.5, LARGEST_FACTOR)])
def test_the_usual_factor_is_that_of_nearly_all_stones_but_never_that_of_any_price(
    reach: float, expected: float
) -> None:
    predicted = np.full(2000, 1000.0)
    price = predicted * np.exp(np.linspace(-reach, reach, 2000))

    factor = usual_factor(pd.DataFrame({"price": price, "predicted": predicted}))
    assert factor == pytest.approx(expected, rel=1e-3)
