"""Stones in any shape that the trade has come back as they were, or an error names the cause."""

from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diamonds.dataset import DataError, Dataset, load_dataset
from diamonds.dataset.dataset import FEWEST_ROWS
from diamonds.grades import GRADES
from tests.dataset.files import File, file_of
from tests.dataset.trade import Listing, listing, spoil

STONES = 250


@pytest.fixture(scope="module")
def sold(classic: Dataset) -> pd.DataFrame:
    """Clean stones of all grades, those without a known dimension left out."""
    stones = classic.training.head(6000).astype(dict.fromkeys(GRADES, str)).dropna()
    return stones.reset_index(drop=True)


def _drawn(sold: pd.DataFrame, chance: Random) -> pd.DataFrame:
    return sold.sample(STONES, random_state=chance.randrange(1 << 30)).reset_index(drop=True)


def _load(file: File, folder: Path) -> Dataset:
    name, content = file
    path = folder / name
    path.write_bytes(content)
    try:
        return load_dataset(path)
    finally:
        path.unlink()


def _expected(table: Listing) -> pd.DataFrame:
    """The stones that are kept, without copies where they have more than grades, weight and price."""
    known = [*table.known, *(["sold_at"] if table.dated else [])]
    return table.kept.drop_duplicates(known) if len(table.known) > 5 else table.kept


def _check(table: Listing, dataset: Dataset) -> None:
    found = pd.concat([dataset.training, dataset.hold_out]).astype(dict.fromkeys(GRADES, str))
    found, expected = (
        frame.sort_values(table.known).reset_index(drop=True) for frame in (found, _expected(table))
    )
    assert dataset.report.set_aside == table.set_aside
    assert len(found) == len(expected)
    for column in table.known:
        if column in GRADES:
            assert list(found[column]) == list(expected[column])
        else:
            cent = 0.006 if column == "price" else 1e-9
            np.testing.assert_allclose(found[column], expected[column], rtol=1e-9, atol=cent)
    if table.dated:
        assert set(found["sold_at"]) == set(expected["sold_at"])


def _try(seed: int, sold: pd.DataFrame, folder: Path) -> None:
    chance = Random(seed)
    table = listing(_drawn(sold, chance), chance)
    _check_file(table, file_of(table, chance), folder)


def _check_file(table: Listing, file: File, folder: Path) -> None:
    """The stones come back; where others of other markets leave too few of them, an error says so."""
    if len(table.kept) < FEWEST_ROWS:
        with pytest.raises(DataError, match="usable stones"):
            _load(file, folder)
    else:
        _check(table, _load(file, folder))


@pytest.mark.parametrize("seed", range(200))
def test_stones_as_the_trade_writes_them_come_back(seed: int, sold: pd.DataFrame, tmp_path: Path) -> None:
    _try(seed, sold, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(15))
def test_files_of_crossed_quirks_are_each_read_right(batch: int, sold: pd.DataFrame, tmp_path: Path) -> None:
    for seed in range(1_000 + 100 * batch, 1_100 + 100 * batch):
        _try(seed, sold, tmp_path)


@given(chance=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_listing_in_any_format_gives_the_clean_stones(
    chance: Random, sold: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = listing(_drawn(sold, chance), chance)
    _check_file(table, file_of(table, chance), tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize("seed", range(40))
def test_prices_that_cannot_be_are_refused_with_the_cause(
    seed: int, sold: pd.DataFrame, tmp_path: Path
) -> None:
    chance = Random(seed)
    stones = _drawn(sold, chance)
    table = Listing(list(stones.columns), [list(row) for row in stones.itertuples(index=False)], stones, [])
    spoil(table, chance)
    with pytest.raises(DataError, match=table.refusal):
        _load(file_of(table, chance), tmp_path)
