"""A weighted blend of other models' log prices, with weights learned from out-of-fold predictions."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
from scipy.optimize import nnls

from diamonds.models.features import Matrix, stones_of
from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, Unseen
from diamonds.models.threads import on_all_cores
from diamonds.training.cross_validation import CrossValidation

_FILE = "blend.json"
_LEAST_WEIGHT = 0.03
"""A member with less adds more time to each quote than it takes off the error."""


class Ensemble(Estimator):
    """The weighted geometric mean of its members' prices; weights are not negative and add up to 1."""

    def __init__(self, specs: Mapping[str, ModelSpec], seed: int) -> None:
        self.specs = dict(specs)
        self.seed = seed

    def fit_matrix(self, matrix: Matrix, price_usd: Prices, unseen: Unseen | None = None) -> Self:
        """Trains every member from the start; ``blend`` makes an ensemble of trained ones."""
        stones = stones_of(matrix).assign(price=price_usd)
        fitted: dict[str, Estimator] = {}
        out_of_fold: dict[str, Prices] = {}
        for name, spec in self.specs.items():
            validated = CrossValidation(spec, stones, self.seed).of(spec.defaults or {})
            out_of_fold[name] = validated.out_of_fold
            fitted[name] = spec.build(validated.parameters, self.seed).fit_matrix(matrix, price_usd)
        return self.blend(fitted, out_of_fold, price_usd)

    def blend(
        self, fitted: Mapping[str, Estimator], out_of_fold: Mapping[str, Prices], price_usd: Prices
    ) -> Self:
        """Weighs fitted members by the prices that they gave to stones which they had not learned from."""
        weights = blend_weights(out_of_fold, price_usd)
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


def blend_weights(out_of_fold: Mapping[str, Prices], price_usd: Prices) -> dict[str, float]:
    """The weight of each member worth having: those of the least squared error, roughly in USD."""
    names = list(out_of_fold)
    while True:
        # An error in logs times the price is about the error in USD.
        logs = np.column_stack([np.log(out_of_fold[name]) * price_usd for name in names])
        weights, _ = nnls(logs, np.log(price_usd) * price_usd)
        weights /= weights.sum()
        if weights.min() >= _LEAST_WEIGHT:
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
