"""A version can be trained again from what it names."""

import pytest

from diamonds.dataset import Dataset
from diamonds.models import spec_named
from diamonds.training.reproduce import reproduce
from diamonds.training.train import train_version
from diamonds.versions import datasets


@pytest.fixture
def stored(empty_model_store: object, dataset: Dataset) -> Dataset:
    datasets.save(dataset)
    return dataset


slow = pytest.mark.slow


@pytest.mark.parametrize(
    "name",
    ["linear", "xgboost", *(pytest.param(name, marks=slow) for name in ("mlp", "lightgbm", "catboost"))],
)
def test_a_version_is_trained_again_bit_for_bit(stored: Dataset, name: str) -> None:
    version = train_version(spec_named(name), stored, trials=1, seed=7)
    twin = reproduce(version.tag)
    assert twin.stones == len(stored.training) + len(stored.hold_out)
    assert twin.exact


def test_the_file_of_the_trees_comes_out_the_same_to_the_byte(stored: Dataset) -> None:
    version = train_version(spec_named("xgboost"), stored, trials=1, seed=7)
    twin = reproduce(version.tag)
    assert twin.files
    assert twin.different == ()


@slow
def test_an_ensemble_is_trained_again_with_its_members(stored: Dataset) -> None:
    for name in ("xgboost", "lightgbm"):
        train_version(spec_named(name), stored, trials=1, seed=7)
    version = train_version(spec_named("ensemble"), stored, trials=1, seed=7)
    assert reproduce(version.tag).exact


def test_a_version_without_its_dataset_is_refused(empty_model_store: object, dataset: Dataset) -> None:
    version = train_version(spec_named("linear"), dataset, trials=1, seed=7)
    with pytest.raises(datasets.UnknownDataset, match=dataset.fingerprint):
        reproduce(version.tag)
