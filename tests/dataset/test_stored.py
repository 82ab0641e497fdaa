"""A dataset is stored as a version in the model store and loaded again bit for bit."""

from pathlib import Path

import pandas as pd
import pytest

from diamonds.dataset import Dataset, load_from, report_in, save_to
from diamonds.versions import datasets, store
from diamonds.versions.integrity import DamagedVersion

pytestmark = pytest.mark.usefixtures("empty_model_store")


def test_it_is_loaded_from_a_folder_as_it_was_saved(classic: Dataset, tmp_path: Path) -> None:
    save_to(tmp_path, classic)
    again = load_from(tmp_path)
    pd.testing.assert_frame_equal(again.training, classic.training, check_exact=True)
    pd.testing.assert_frame_equal(again.hold_out, classic.hold_out, check_exact=True)
    assert (again.fingerprint, again.report) == (classic.fingerprint, classic.report)
    assert report_in(tmp_path) == classic.report


def test_it_is_a_version_of_the_model_store(expected: Dataset) -> None:
    tag = datasets.save(expected).tag
    version = datasets.find(expected.fingerprint)
    assert version is not None
    assert version.tag == tag
    assert tag.startswith("diamonds-dataset:")
    assert version.labels == {"model": "dataset", "dataset": expected.fingerprint, "rows": "300"}
    stored = datasets.load(expected.fingerprint)
    pd.testing.assert_frame_equal(stored.training, expected.training, check_exact=True)


def test_the_same_stones_are_stored_once(expected: Dataset, classic: Dataset) -> None:
    tags = [datasets.save(dataset).tag for dataset in (expected, classic, expected)]
    assert tags[0] == tags[2]
    assert len(store.versions("dataset")) == 2


def test_a_dataset_that_is_not_stored_is_a_clear_error() -> None:
    with pytest.raises(datasets.UnknownDataset, match="'feed'"):
        datasets.load("feed")


def test_a_stored_dataset_that_was_changed_is_an_error(expected: Dataset) -> None:
    datasets.save(expected)
    version = datasets.find(expected.fingerprint)
    assert version is not None
    expected.hold_out.to_parquet(version.folder / "training.parquet")
    with pytest.raises(DamagedVersion, match=r"training\.parquet"):
        datasets.load(expected.fingerprint)
