"""Every model, trained once on a few real stones."""

import pytest

from diamonds.dataset import Dataset
from diamonds.models import Estimator, ModelSpec, spec_named


class Trained:
    """Trains each model once for all tests that ask for it."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._estimators: dict[str, Estimator] = {}

    def __call__(self, name: str) -> Estimator:
        if name not in self._estimators:
            self._estimators[name] = fitted(spec_named(name), self._dataset)
        return self._estimators[name]


@pytest.fixture(scope="session")
def trained(dataset: Dataset) -> Trained:
    return Trained(dataset)


def fitted(spec: ModelSpec, dataset: Dataset) -> Estimator:
    # An ensemble trains every member twice; in the order of hashes, the first stones are any stones.
    training = dataset.training[:500] if spec.members else dataset.training
    return spec.build(spec.defaults or {}, 0).fit(training, training["price"].to_numpy("float64"))
