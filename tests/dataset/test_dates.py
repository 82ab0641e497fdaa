"""Dates of sale are read in any usual format, day and month told apart by the whole column, and kept."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import Dataset, load_dataset, load_from, save_to
from diamonds.versions import datasets

DAYS = pd.date_range("2024-03-01", periods=300, freq="2D")

FORMATS: dict[str, Callable[[pd.Timestamp], object]] = {
    "year first": lambda day: day.strftime("%Y-%m-%d"),
    "year first with a time": lambda day: day.strftime("%Y-%m-%dT10:20:30Z"),
    "digits": lambda day: day.strftime("%Y%m%d"),
    "day first": lambda day: day.strftime("%d/%m/%Y"),
    "month first": lambda day: day.strftime("%m/%d/%Y"),
    "month first in two digits": lambda day: day.strftime("%m-%d-%y"),
    "full stops": lambda day: day.strftime("%d.%m.%Y"),
    "an English month": lambda day: day.strftime("%d-%b-%Y"),
    "a month in front": lambda day: day.strftime("%B %d, %Y"),
    "an Italian month": lambda day: f"{day.day} {_italian(day)} {day.year}",
    "days of spreadsheets": lambda day: (day - pd.Timestamp("1899-12-30")).days,
    "seconds": lambda day: int(day.timestamp()) + 3600,
    "milliseconds": lambda day: int(day.timestamp() + 3600) * 1000,
}


def _italian(day: pd.Timestamp) -> str:
    months = "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
    return months.split()[day.month - 1]


def _dated(stones: pd.DataFrame, cells: list[object], folder: Path) -> Dataset:
    stones.assign(**{"Sold on": pd.Series(cells)}).to_csv(folder / "stones.csv", index=False)
    return load_dataset(folder / "stones.csv")


def _all(dataset: Dataset) -> pd.DataFrame:
    return pd.concat([dataset.training, dataset.hold_out])


@pytest.mark.parametrize("way", FORMATS)
def test_dates_of_any_usual_format_are_kept(way: str, stones: pd.DataFrame, tmp_path: Path) -> None:
    dataset = _dated(stones, [FORMATS[way](day) for day in DAYS], tmp_path)
    assert sorted(_all(dataset)["sold_at"]) == list(DAYS)
    assert dataset.report.tables[0].columns["sold_at"] == "Sold on"


def test_typed_dates_are_kept(stones: pd.DataFrame, tmp_path: Path) -> None:
    stones.assign(sold_at=DAYS).to_parquet(tmp_path / "stones.parquet")
    assert sorted(_all(load_dataset(tmp_path))["sold_at"]) == list(DAYS)


@pytest.mark.parametrize(
    ("cells", "why"),
    [(["03/04/2026"] * 300, "no day above 12"), (["13/04/2026", "04/13/2026"] * 150, "both orders")],
)
def test_dates_of_no_certain_order_are_unknown_and_noted(
    cells: list[object], why: str, stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    dataset = _dated(stones, cells, tmp_path)
    assert dataset.fingerprint == expected.fingerprint
    assert why in dataset.report.tables[0].notes[0]


def test_unreadable_dates_are_unknown_and_noted_and_their_stones_kept(
    stones: pd.DataFrame, tmp_path: Path
) -> None:
    cells: list[object] = [day.strftime("%d/%m/%Y") for day in DAYS]
    cells[:2] = ["last week", ""]
    dataset = _dated(stones, cells, tmp_path)
    assert _all(dataset)["sold_at"].isna().sum() == 2
    assert "1 dates of 'Sold on' could not be read, such as 'last week'." in dataset.report.tables[0].notes


def test_files_with_and_without_dates_are_one_dataset(stones: pd.DataFrame, tmp_path: Path) -> None:
    stones[:100].to_csv(tmp_path / "a.csv", index=False)
    stones[100:].assign(sold_at=DAYS[100:]).to_csv(tmp_path / "b.csv", index=False)
    dataset = load_dataset(tmp_path)
    assert dataset.report.kept == 300
    assert _all(dataset)["sold_at"].isna().sum() == 100


def test_a_stone_sold_twice_is_two_rows(stones: pd.DataFrame, tmp_path: Path) -> None:
    twice = pd.concat([stones.assign(sold_at="2026-01-02"), stones[:50].assign(sold_at="2026-02-03")])
    twice.to_csv(tmp_path / "twice.csv", index=False)
    report = load_dataset(tmp_path).report
    assert (report.kept, report.copies) == (350, 0)


@pytest.mark.usefixtures("empty_model_store")
def test_dates_stay_with_the_stored_dataset(stones: pd.DataFrame, tmp_path: Path) -> None:
    dataset = _dated(stones, [day.strftime("%Y-%m-%d") for day in DAYS], tmp_path)
    folder = tmp_path / "saved"
    folder.mkdir()
    save_to(folder, dataset)
    pd.testing.assert_frame_equal(load_from(folder).training, dataset.training, check_exact=True)
    datasets.save(dataset)
    stored = datasets.load(dataset.fingerprint)
    pd.testing.assert_frame_equal(stored.training, dataset.training, check_exact=True)
