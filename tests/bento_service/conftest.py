"""A model store with two small models, and the service that quotes with them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from diamonds import model_store
from diamonds.dataset import Dataset, load_dataset
from diamonds.model_store import Version
from diamonds.models import ModelSpec, spec_named
from diamonds.training import train_version
from tests.bento_service.serving import Running, serving

STONE = {"carat": 0.7, "cut": "Ideal", "color": "G", "clarity": "VS2"}
WHOLE_STONE = {**STONE, "depth": 61.5, "table": 56, "x": 5.7, "y": 5.72, "z": 3.51}


@pytest.fixture(scope="session")
def dataset(few_stones: Path) -> Dataset:
    return load_dataset(str(few_stones))


def small(name: str, **parameters: float) -> ModelSpec:
    """The model of that name, its parameters fixed to what is fitted in a moment."""
    spec = spec_named(name)
    defaults = {**(spec.defaults or {}), **parameters}
    return ModelSpec(name=name, build=lambda _, seed: spec.build(defaults, seed), load=spec.load)


@pytest.fixture(scope="session")
def linear(dataset: Dataset) -> Version:
    return train_version(small("linear"), dataset, trials=1, seed=0)


@pytest.fixture(scope="session")
def xgboost(dataset: Dataset) -> Version:
    return train_version(small("xgboost", n_estimators=50), dataset, trials=1, seed=0)


@pytest.fixture(scope="session")
def service(linear: Version, xgboost: Version, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service with xgboost as champion and linear beside it."""
    model_store.promote(xgboost.tag, "the tests' champion")
    with serving(tmp_path_factory.mktemp("service") / "log", until="/readyz") as running:
        yield running


@pytest.fixture
def client(service: Running) -> Iterator[httpx.Client]:
    with service.client() as client:
        yield client
