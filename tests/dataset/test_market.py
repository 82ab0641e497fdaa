"""Stones of another market are set aside, unless the settings choose it."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import Dataset, load_dataset
from diamonds.dataset.rules import LAB_GROWN

Configure = Callable[[str, str], None]


def _marked(stones: pd.DataFrame, folder: Path, **columns: tuple[str, str]) -> Path:
    """The stones in a file with columns whose first 150 cells are the one value, and the others the other."""
    marked = stones.assign(**{name: [one] * 150 + [other] * 150 for name, (one, other) in columns.items()})
    marked.to_csv(folder / "marked.csv", index=False)
    return folder / "marked.csv"


@pytest.mark.parametrize(
    ("name", "ours", "other", "rule"),
    [
        ("Shape", "Round", "Oval", "another shape than round"),
        ("Forma", "Redondo", "Esmeralda", "another shape than round"),
        ("looks like", "Round Brilliant", "Princess", "another shape than round"),
        ("Shape", "RBC", "", "another shape than round"),
        ("Origin", "Natural", "Lab Grown", LAB_GROWN),
        ("Type", "natural", "CVD", LAB_GROWN),
        ("Origin", "Botswana", "Lab-created", LAB_GROWN),
        ("remark", "Natural", "Lab-grown", LAB_GROWN),
        ("Lab Grown", "no", "yes", LAB_GROWN),
        ("Natural", "TRUE", "FALSE", LAB_GROWN),
        ("Treatment", "None", "HPHT", "treated"),
        ("Treatment", "", "Laser drilled", "treated"),
        ("Currency", "USD", "EUR", "another currency than USD"),
        ("Währung", "US$", "€", "another currency than USD"),
    ],
)
def test_what_must_not_be_mixed_is_set_aside_by_rule(
    name: str, ours: str, other: str, rule: str, stones: pd.DataFrame, tmp_path: Path
) -> None:
    report = load_dataset(_marked(stones, tmp_path, **{name: (ours, other)})).report
    assert report.set_aside == {rule: 150}
    assert (report.kept, report.set_aside_share) == (150, 0.0)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Origin", ("Russia", "Canada")),
        ("Type", ("IIa", "Ia")),
        ("Lab", ("GIA", "IGI")),
        ("Treatment", ("None", "Untreated")),
    ],
)
def test_columns_that_only_sound_like_it_set_nothing_aside(
    name: str, cells: tuple[str, str], stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    dataset = load_dataset(_marked(stones, tmp_path, **{name: cells}))
    assert dataset.fingerprint == expected.fingerprint


def test_settings_choose_another_market(stones: pd.DataFrame, tmp_path: Path, configure: Configure) -> None:
    path = _marked(
        stones, tmp_path, Shape=("Oval", "Round"), Origin=("Lab", "Natural"), Currency=("EUR", "USD")
    )
    for name, value in (("SHAPE", "oval"), ("ORIGIN", "lab-grown"), ("CURRENCY", "EUR")):
        configure(name, value)
    report = load_dataset(path).report
    assert report.kept == 150
    assert report.set_aside == {"another shape than oval": 150}


def test_any_market_mixes_what_is_there(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path, configure: Configure
) -> None:
    path = _marked(stones, tmp_path, Origin=("Lab", "Natural"))
    configure("ORIGIN", "any")
    assert load_dataset(path).fingerprint == expected.fingerprint


def test_prices_in_the_currency_of_the_market_are_chosen_by_their_name(
    stones: pd.DataFrame, expected: Dataset, tmp_path: Path, configure: Configure
) -> None:
    both = stones.assign(**{"Price EUR": stones["price"], "Price USD": stones["price"] * 1.1}).drop(
        columns="price"
    )
    both.to_csv(tmp_path / "both.csv", index=False)
    configure("CURRENCY", "EUR")
    assert load_dataset(tmp_path).fingerprint == expected.fingerprint


def test_prices_per_carat_by_a_column_of_units_become_prices(
    stones: pd.DataFrame, tmp_path: Path, expected: Dataset
) -> None:
    half = stones.index < 150
    per_carat = (stones["price"] / stones["carat"]).round(6)
    mixed = stones.assign(
        price=stones["price"].where(~half, per_carat), unit=["per carat"] * 150 + ["per stone"] * 150
    )
    mixed.to_csv(tmp_path / "mixed.csv", index=False)
    assert load_dataset(tmp_path).fingerprint == expected.fingerprint


def test_cells_in_another_currency_are_set_aside(stones: pd.DataFrame, tmp_path: Path) -> None:
    prices = [f"€ {price:.0f}" if row < 40 else f"${price:.0f}" for row, price in enumerate(stones["price"])]
    stones.assign(price=prices).to_csv(tmp_path / "cells.csv", index=False)
    assert load_dataset(tmp_path).report.set_aside == {"another currency than USD": 40}
