"""A version can be trained again from what it names."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from diamonds.dataset import Dataset
from diamonds.models import spec_named
from diamonds.training.reproduce import Reproduction, reproduce
from diamonds.training.train import train_version
from diamonds.versions import datasets
from diamonds.versions.version import Version
from tests.conftest import model_store_in
from tests.few_trees import few_trees
from tests.versions.damaging import copy_into

Trained = Callable[[str], Version]


@pytest.fixture(scope="module")
def trained(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    """Trains each model once, in a model store that has the dataset too."""
    with model_store_in(tmp_path_factory.mktemp("trained") / "bentoml"):
        datasets.save(dataset)
        yield cache(lambda name: train_version(few_trees(name), dataset, trials=1, seed=7))


@pytest.fixture(scope="module")
def trained_again(trained: Trained) -> Callable[[str], Reproduction]:
    """Trains each version again once."""
    return cache(lambda name: reproduce(trained(name).tag))


slow = pytest.mark.slow


@pytest.mark.parametrize(
    "name",
    ["linear", "xgboost", *(pytest.param(name, marks=slow) for name in ("mlp", "lightgbm", "catboost"))],
)
def test_a_version_is_trained_again_bit_for_bit(
    trained_again: Callable[[str], Reproduction], dataset: Dataset, name: str
) -> None:
    twin = trained_again(name)
    assert twin.stones == len(dataset.training) + len(dataset.hold_out)
    assert twin.exact


def test_the_file_of_the_trees_comes_out_the_same_to_the_byte(
    trained_again: Callable[[str], Reproduction],
) -> None:
    twin = trained_again("xgboost")
    assert twin.files
    assert twin.different == ()


@slow
def test_an_ensemble_is_trained_again_with_its_members(
    trained: Trained, dataset: Dataset, tmp_path: Path
) -> None:
    members = [trained(name) for name in ("xgboost", "lightgbm")]
    with model_store_in(tmp_path / "bentoml") as home:
        datasets.save(dataset)
        for member in members:
            copy_into(home, member)
        version = train_version(spec_named("ensemble"), dataset, trials=1, seed=7)
        assert version.parameters.keys() == {"xgboost", "lightgbm"}
        assert reproduce(version.tag).exact


def test_a_version_without_its_dataset_is_refused(empty_model_store: object, dataset: Dataset) -> None:
    version = train_version(spec_named("linear"), dataset, trials=1, seed=7)
    with pytest.raises(datasets.UnknownDataset, match=dataset.fingerprint):
        reproduce(version.tag)
