"""Sold stones, clean and with single values changed, for the tests of the dataset."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import Dataset, load_dataset
from diamonds.settings import PROJECT, settings

CLASSIC = PROJECT / "data" / "diamonds.csv"


@pytest.fixture(scope="session")
def classic() -> Dataset:
    return load_dataset(CLASSIC)


@pytest.fixture(scope="session")
def stones(classic: Dataset) -> pd.DataFrame:
    """300 clean stones without copies, some with unknown measures, grades as plain text."""
    frame = classic.training.head(300).astype({"cut": str, "color": str, "clarity": str})
    for row, column in enumerate(("depth", "table", "x", "y", "z"), start=290):
        frame.loc[row, column] = float("nan")
    return frame


@pytest.fixture(scope="session")
def expected(stones: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("expected") / "stones.csv"
    stones.to_csv(path, index=False)
    return load_dataset(path)


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Sets a ``DIAMONDS_*`` setting for one test."""

    def configured(name: str, value: str) -> None:
        monkeypatch.setenv(f"DIAMONDS_{name}", value)
        settings.cache_clear()

    yield configured
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def load_with(stones: pd.DataFrame, tmp_path: Path) -> Callable[..., Dataset]:
    """Loads the stones with some values of the first row changed."""

    def loaded(**values: object) -> Dataset:
        dirty = stones.astype(object)
        for column, value in values.items():
            dirty[column] = pd.Series([value, *dirty[column][1:]], dtype=object)
        dirty.to_csv(tmp_path / "dirty.csv", index=False)
        return load_dataset(tmp_path / "dirty.csv")

    return loaded
