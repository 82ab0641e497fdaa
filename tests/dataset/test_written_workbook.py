"""Rows become a workbook: every cell in its place, as a number where it is one, else as its text."""

import io
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from diamonds.dataset import DataError
from diamonds.dataset.written_workbook import MOST_CHARACTERS, MOST_COLUMNS, workbook_of


def written(column: pl.Series) -> list[Any]:
    """The cells of a column after it was written and read, as text."""
    content = io.BytesIO(workbook_of(pl.DataFrame({"row": range(len(column)), "cell": column})))
    return pl.read_excel(content, infer_schema_length=0)["cell"].to_list()


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (["12", "-3", None], ["12", "-3", None]),
        (["0.70", "1.2"], ["0.7", "1.2"]),
        (["007", "1"], ["007", "1"]),
        (["12345678901234567"], ["12345678901234567"]),
        (["1", "1,5", ""], ["1", "1,5", None]),
        (["=1+1", "<b>&", "a\x07b", "_x0041_"], ["=1+1", "<b>&", "a\x07b", "_x0041_"]),
        (
            ["https://example.org/a", "\u05e9\u05dd \U0001f48e"],
            ["https://example.org/a", "\u05e9\u05dd \U0001f48e"],
        ),
        ([True, None], ["true", None]),
        ([10**17, 1], ["100000000000000000", "1"]),
        ([1.5, float("nan"), float("inf")], ["1.5", None, None]),
        ([Decimal("1.25"), None], ["1.25", None]),
        ([[1, 2], None], ["[1, 2]", None]),
        ([{"a": 1}], ["{'a': 1}"]),
        ([b"\xff"], [r"b'\xff'"]),
        ([time(3, 4)], ["03:04:00"]),
        ([date(2026, 1, 31), None], ["2026-01-31 00:00:00", None]),
        ([datetime(2026, 1, 31, 3, tzinfo=UTC)], ["2026-01-31 03:00:00"]),
        ([date(1500, 1, 1)], ["1500-01-01"]),
        ([None, None], [None, None]),
    ],
    ids=str,
)
def test_a_cell_is_written_as_a_number_a_day_or_its_text(cells: list[Any], texts: list[Any]) -> None:
    assert written(pl.Series(cells, strict=False)) == texts


def test_a_category_is_written_as_its_text() -> None:
    assert written(pl.Series(["VS1", None, "IF"], dtype=pl.Categorical)) == ["VS1", None, "IF"]


def test_a_cell_and_a_name_are_cut_where_excel_would_refuse_them() -> None:
    long = "x" * (MOST_CHARACTERS + 1)
    read = pl.read_excel(io.BytesIO(workbook_of(pl.DataFrame({long: [long, "y"]}))))

    assert (len(read.columns[0]), read.to_series().str.len_chars().to_list()) == (
        MOST_CHARACTERS,
        [MOST_CHARACTERS, 1],
    )


def test_more_than_a_sheet_holds_is_refused() -> None:
    with pytest.raises(
        DataError, match="Got 1 rows of 16,385 columns; a workbook holds at most 1,048,575 of"
    ):
        workbook_of(pl.DataFrame({str(number): [1] for number in range(MOST_COLUMNS + 1)}))
