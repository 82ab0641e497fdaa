"""Every model, trained once on a few real stones."""

import pytest

from diamonds.dataset import Dataset
from diamonds.models import Estimator, ModelSpec, spec_named
from diamonds.models.ensemble import ensemble_of
from tests.few_trees import few_trees


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
    training = dataset.training
    if spec.members:  # it trains each twice; in the order of hashes, the first stones are any stones
        training, spec = training[:500], ensemble_of(*map(few_trees, spec.members))
    return spec.build(spec.defaults or {}, 0).fit(training, training["price"].to_numpy("float64"))
