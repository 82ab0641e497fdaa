"""The report of a dataset counts its rows, lists changes, and escapes what came from files."""

from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import DataReport, Dataset, load_dataset, markdown_of
from diamonds.grades import GRADES


def test_distributions_are_those_of_the_stones(classic: Dataset) -> None:
    stones = pd.concat([classic.training, classic.hold_out])
    for column, measured in classic.report.measures.items():
        values = stones[column]
        assert (measured.known, measured.unknown) == (values.notna().sum(), values.isna().sum())
        assert (measured.smallest, measured.largest) == (values.min(), values.max())
        assert measured.median == values.quantile(0.5, interpolation="nearest")
        assert measured.mean == pytest.approx(values.mean())
    for column in GRADES:
        assert classic.report.grades[column] == stones[column].value_counts(sort=False).to_dict()


def test_a_report_survives_json(classic: Dataset) -> None:
    assert DataReport.model_validate_json(classic.report.model_dump_json()) == classic.report


def test_each_table_is_listed_with_how_its_columns_were_recognised(
    stones: pd.DataFrame, tmp_path: Path
) -> None:
    stones.rename(columns={"carat": "Weight"}).assign(dealer="S").to_csv(tmp_path / "s.csv", index=False)
    (table,) = load_dataset(tmp_path).report.tables
    assert table.columns["carat"] == "Weight"
    assert table.ignored == ("dealer",)
    assert table.rows == 300


def test_the_first_dataset_has_nothing_to_compare_with(classic: Dataset) -> None:
    assert classic.report.compared_with(None).changes == ("There was no dataset before.",)


def test_equal_datasets_have_no_changes(classic: Dataset) -> None:
    assert classic.report.compared_with(classic.report).changes == ("The stones are the same.",)


def test_changes_since_the_previous_dataset_are_listed(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    dearer = stones.assign(price=stones["price"] * 2)
    spoiled = pd.concat([dearer, dearer[:3].assign(clarity="cloudy"), dearer[:4]])
    spoiled.to_csv(tmp_path / "s.csv", index=False)
    changes = load_dataset(tmp_path).report.compared_with(expected.report).changes
    median = expected.report.measures["price"].median
    assert median is not None
    assert "Rows read: 300, now 307." in changes
    assert "Copies left out: 0, now 4." in changes
    assert "Rows with unknown clarity: 0, now 3." in changes
    assert f"Median price: {median:g}, now {2 * median:g}." in changes


def test_the_page_shows_counts_rules_examples_and_columns(classic: Dataset) -> None:
    page = markdown_of(classic.report.compared_with(None))
    for part in (
        "53,940 rows read",
        "53,767 stones kept, 146 copies left out, 27 rows set aside",
        "| a depth that contradicts x, y and z by over 5 points | 21 |",
        "| 8.09 | 58.9 | 8.06 |",
        "There was no dataset before.",
        "| Very Good | 12,065 | 22% |",
    ):
        assert part in page


def test_text_from_files_is_escaped(stones: pd.DataFrame, tmp_path: Path) -> None:
    nasty = stones.assign(cut=["<script>|\n\n# `x`", *stones["cut"][1:]])
    nasty.to_parquet(tmp_path / "s.parquet")
    page = markdown_of(load_dataset(tmp_path).report)
    assert "&lt;script>\\| # 'x'" in page
    assert "<script>" not in page
