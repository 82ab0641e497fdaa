"""Sales of quoted stones in a dataset: cleaned, split and weighed as its own rows."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest

from diamonds.dataset import Dataset, stone_hashes
from diamonds.dataset.recency import SMALLEST, recency
from diamonds.dataset.with_sales import RECORD, SCHEMA, with_sales
from diamonds.grades import GRADES

TODAY = date(2026, 11, 26)


def sales_of(stones: pd.DataFrame, *, days_ago: int = 0, factor: float = 1.0) -> pl.DataFrame:
    """Sales of these stones at their prices times a factor, all on one day."""
    sold_at, price = pl.lit(TODAY - timedelta(days=days_ago)), pl.col("price") * factor
    sold = pl.from_pandas(stones.astype(dict.fromkeys(GRADES, "str")))
    return sold.with_columns(price, sold_at=sold_at).select(list(SCHEMA))


def joined(dataset: Dataset, sales: pl.DataFrame, half_life_days: float = 90.0) -> Dataset:
    return with_sales(dataset, sales, half_life_days=half_life_days, today=TODAY)


def test_sales_of_known_stones_stay_on_the_side_of_the_split_where_their_stones_are(dataset: Dataset) -> None:
    stones = pd.concat([dataset.training[:200], dataset.hold_out[:100]])
    follows = joined(dataset, sales_of(stones, factor=1.1))

    assert (follows.training["source"] == RECORD).sum() == 200
    assert (follows.hold_out["source"] == RECORD).sum() == 100
    assert not np.isin(stone_hashes(follows.hold_out), stone_hashes(follows.training)).any()
    assert (follows.report.training, follows.report.hold_out) == (
        len(follows.training),
        len(follows.hold_out),
    )
    assert "300 sales of quoted stones are among the stones." in follows.report.notes


def test_sales_are_cleaned_by_the_rules_of_all_data_and_the_report_says_how_many_are_left_out(
    dataset: Dataset,
) -> None:
    sold = sales_of(dataset.training[:10])
    absurd = sold.with_columns(carat=pl.Series([-1.0, None, *[0.5] * 8]), cut=pl.lit("Ideal"))
    unknown = sold.head(1).with_columns(cut=pl.lit("Wonderful"))
    follows = joined(dataset, pl.concat([sold, sold, absurd.head(2), unknown]))

    assert len(follows.training) == len(dataset.training) + 10, "A copy counts once."
    (note,) = [each for each in follows.report.notes if each.startswith("Other sales")]
    assert "unknown cut: 1" in note


def test_stones_of_grades_that_the_market_does_not_have_are_left_out(dataset: Dataset) -> None:
    sold = sales_of(dataset.training[:3]).with_columns(color=pl.Series(["M", "D", "D"]))

    assert (
        len(joined(dataset, sold).training) + len(joined(dataset, sold).hold_out) == dataset.report.kept + 2
    )


def test_without_any_sale_or_date_a_dataset_is_what_it_was(dataset: Dataset) -> None:
    assert joined(dataset, pl.DataFrame(schema=SCHEMA)) is dataset


def test_equal_sales_give_an_equal_fingerprint_and_another_half_life_another_one(dataset: Dataset) -> None:
    sold = sales_of(dataset.training[:50])
    fingerprints = [
        joined(dataset, each, days).fingerprint
        for each, days in ((sold, 90), (sold.reverse(), 90), (sold, 30), (sold.head(49), 90))
    ]

    assert fingerprints[0] == fingerprints[1]
    assert len({*fingerprints, dataset.fingerprint}) == 4


def test_rows_without_a_date_count_as_old_as_the_oldest_sale(dataset: Dataset) -> None:
    new, old = sales_of(dataset.training[:5]), sales_of(dataset.training[:5], days_ago=90)
    follows = joined(dataset, pl.concat([new, old]))

    weight = follows.training.groupby(follows.training["sold_at"], dropna=False)["weight"].unique()
    assert [each.tolist() for each in weight] == [[0.5], [1.0], [0.5]]


@pytest.mark.parametrize(("days", "expected"), [(0, 1.0), (-3, 1.0), (30, 0.5), (60, 0.25), (3000, SMALLEST)])
def test_a_row_counts_half_as_much_for_each_half_life_but_never_nothing(days: int, expected: float) -> None:
    newest = pd.Timestamp(TODAY)
    sold_at = pd.Series([newest - pd.Timedelta(days=days)])

    assert recency(sold_at, newest, half_life_days=30.0).tolist() == [expected]
