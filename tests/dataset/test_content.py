"""A dataset's fingerprint and frames depend on the stones alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from diamonds.dataset import Dataset, load_dataset

REARRANGED: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "rows in another order": lambda stones: stones.sample(frac=1, random_state=1),
    "columns in another order": lambda stones: stones[stones.columns[::-1]],
    "copies": lambda stones: pd.concat([stones, stones[:40]]),
    "more columns": lambda stones: stones.assign(dealer="Smith"),
}


def _loaded(stones: pd.DataFrame, folder: Path) -> Dataset:
    stones.to_csv(folder / "stones.csv", index=False)
    return load_dataset(folder)


@pytest.mark.parametrize("how", REARRANGED)
def test_layout_does_not_matter(how: str, stones: pd.DataFrame, expected: Dataset, tmp_path: Path) -> None:
    dataset = _loaded(REARRANGED[how](stones), tmp_path)
    assert dataset.fingerprint == expected.fingerprint
    pd.testing.assert_frame_equal(dataset.training, expected.training)
    pd.testing.assert_frame_equal(dataset.hold_out, expected.hold_out)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("carat", 0.3),
        ("cut", "Fair"),
        ("color", "J"),
        ("clarity", "I1"),
        ("depth", 61.111),
        ("table", 57.111),
        ("price", 12345),
        ("x", np.nan),
        ("y", np.nan),
        ("z", np.nan),
    ],
)
def test_any_value_matters(
    column: str, value: object, stones: pd.DataFrame, expected: Dataset, tmp_path: Path
) -> None:
    row = int(np.flatnonzero((stones[column] != value) & (stones["carat"] < 0.34))[0])
    values = [value if position == row else known for position, known in enumerate(stones[column])]
    changed = stones.assign(**{column: pd.Series(values)})
    dataset = _loaded(changed, tmp_path)
    assert dataset.report.kept == expected.report.kept
    assert dataset.fingerprint != expected.fingerprint


def test_one_stone_more_or_less_matters(stones: pd.DataFrame, expected: Dataset, tmp_path: Path) -> None:
    assert _loaded(stones[:-1], tmp_path).fingerprint != expected.fingerprint


def test_the_fingerprint_of_known_data_never_changes(classic: Dataset) -> None:
    """Versions in the model store refer to the dataset they were trained on by it."""
    assert classic.fingerprint == "166a359acbcc28bb"


def test_equal_rows_without_measures_are_different_stones(stones: pd.DataFrame, tmp_path: Path) -> None:
    bare = stones[["carat", "cut", "color", "clarity", "price"]]
    dataset = _loaded(pd.concat([bare, bare[:50]]), tmp_path)
    assert (dataset.report.kept, dataset.report.copies) == (350, 0)
