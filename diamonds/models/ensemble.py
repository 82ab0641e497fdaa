"""A weighted blend of other models' log prices, with weights learned from prices of unseen stones."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from diamonds.dataset.split import fold_of, stone_hashes
from diamonds.models.features import Matrix, stones_of
from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, Unseen
from diamonds.models.threads import on_all_cores

_FILE = "blend.json"
_SMALLEST_WEIGHT = 0.03
"""A member with less adds more time to each quote than it takes off the error."""


class Ensemble(Estimator):
    """The weighted geometric mean of its members' prices; weights are not negative and add up to 1."""

    def __init__(self, specs: Mapping[str, ModelSpec], seed: int) -> None:
        self.specs = dict(specs)
        self.seed = seed

    def fit_matrix(self, matrix: Matrix, price_usd: Prices, unseen: Unseen | None = None) -> Self:
        """Trains every member twice: without one fold, whose prices decide the weights, and on all stones.

        ``blend`` makes an ensemble of members that are trained already.
        """
        apart = fold_of(stone_hashes(stones_of(matrix))) == 0
        partly = self._members_fitted(matrix[~apart], price_usd[~apart])
        predicted = {name: member.predict_matrix(matrix[apart]) for name, member in partly.items()}
        return self.blend(self._members_fitted(matrix, price_usd), predicted, price_usd[apart])

    def _members_fitted(self, matrix: Matrix, price_usd: Prices) -> dict[str, Estimator]:
        return {
            name: spec.build(spec.defaults or {}, self.seed).fit_matrix(matrix, price_usd)
            for name, spec in self.specs.items()
        }

    def blend(
        self, fitted: Mapping[str, Estimator], predicted: Mapping[str, Prices], price_usd: Prices
    ) -> Self:
        """Weighs fitted members by the prices that each ``predicted`` for stones it had not learned from.

        ``price_usd`` are the true prices of these stones.
        """
        weights = blend_weights(predicted, price_usd)
        self.members_ = {name: (weight, fitted[name]) for name, weight in weights.items()}
        return self

    def predict_matrix(self, matrix: Matrix) -> Prices:
        weights, members = zip(*self.members_.values(), strict=True)
        prices = on_all_cores([partial(member.predict_matrix, matrix) for member in members])
        logs = [weight * np.log(usd) for weight, usd in zip(weights, prices, strict=True)]
        return np.asarray(np.exp(np.sum(logs, axis=0)))

    def save(self, folder: Path) -> None:
        for name, (_, member) in self.members_.items():
            (folder / name).mkdir()
            member.save(folder / name)
        weights = {name: weight for name, (weight, _) in self.members_.items()}
        (folder / _FILE).write_text(json.dumps(weights, indent=2))


def blend_weights(predicted: Mapping[str, Prices], price_usd: Prices) -> dict[str, float]:
    """The weight of each member worth having: those of the least squared error, roughly in USD."""
    from scipy.optimize import nnls

    names = list(predicted)
    while True:
        # An error in logs times the price is about the error in USD.
        logs = np.column_stack([np.log(predicted[name]) * price_usd for name in names])
        weights, _ = nnls(logs, np.log(price_usd) * price_usd)
        weights /= weights.sum()
        if weights.min() >= _SMALLEST_WEIGHT:
            return dict(zip(names, weights.tolist(), strict=True))
        del names[int(weights.argmin())]


def ensemble_of(*members: ModelSpec) -> ModelSpec:
    """The spec of an ensemble of those members that can be trained here."""
    specs = {spec.name: spec for spec in members if spec.available}

    def build(_parameters: Parameters, seed: int) -> Ensemble:
        return Ensemble(specs, seed)

    def load(folder: Path) -> Ensemble:
        weights: dict[str, float] = json.loads((folder / _FILE).read_text())
        ensemble = Ensemble(specs, seed=0)
        ensemble.members_ = {
            name: (weight, specs[name].load(folder / name)) for name, weight in weights.items()
        }
        return ensemble

    return ModelSpec(name="ensemble", build=build, load=load, members=tuple(specs))
