"""A weighted blend of other models' log prices, with weights learned from prices of unseen stones."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from diamonds.models.features import Matrix, stones_of
from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, Unseen, weight_at
from diamonds.models.threads import on_all_cores

_FILE = "blend.json"
_WORTH = 0.02
"""Share by which a member must lower the error for all of the time of a quote, and accordingly for a part."""
_ROUNDS = 20
_SMALLEST_ERROR = 0.005
"""Share of the mean price below which errors count alike: none may rule the fit."""


class Ensemble(Estimator):
    """The weighted geometric mean of its members' prices, times a factor near 1."""

    def __init__(self, specs: Mapping[str, ModelSpec], seed: int) -> None:
        self.specs = dict(specs)
        self.seed = seed

    def fit_matrix(
        self,
        matrix: Matrix,
        price_usd: Prices,
        unseen: Unseen | None = None,
        row_weight: Prices | None = None,
    ) -> Self:
        """Trains every member twice: without one fold, whose prices decide the weights, and on all stones.

        ``blend`` makes an ensemble of members that are trained already.
        """
        from diamonds.dataset.split import fold_of, stone_hashes

        apart = fold_of(stone_hashes(stones_of(matrix))) == 0
        partly = self._members_fitted(matrix[~apart], price_usd[~apart], weight_at(row_weight, ~apart))
        predicted = {name: member.predict_matrix(matrix[apart]) for name, member in partly.items()}
        members = self._members_fitted(matrix, price_usd, row_weight)
        return self.blend(members, predicted, price_usd[apart], weight_at(row_weight, apart))

    def _members_fitted(
        self, matrix: Matrix, price_usd: Prices, row_weight: Prices | None
    ) -> dict[str, Estimator]:
        return {
            name: spec.build(spec.defaults or {}, self.seed).fit_rows(
                matrix, price_usd, row_weight=row_weight
            )
            for name, spec in self.specs.items()
        }

    def blend(
        self,
        fitted: Mapping[str, Estimator],
        predicted: Mapping[str, Prices],
        price_usd: Prices,
        row_weight: Prices | None = None,
    ) -> Self:
        """Weighs fitted members by the prices that each ``predicted`` for stones it had not learned from.

        ``price_usd`` are the true prices of these stones, ``row_weight`` how much each counts.
        """
        quote_us = {name: self.specs[name].quote_us for name in predicted}
        self.blend_ = best_blend(predicted, price_usd, quote_us, row_weight)
        self.members_ = {name: fitted[name] for name in self.blend_.weights}
        return self

    def predict_matrix(self, matrix: Matrix) -> Prices:
        prices = on_all_cores([partial(member.predict_matrix, matrix) for member in self.members_.values()])
        return self.blend_.of(dict(zip(self.members_, prices, strict=True)))

    def load_rest(self) -> None:
        for member in self.members_.values():
            member.load_rest()

    def save(self, folder: Path) -> None:
        for name, member in self.members_.items():
            (folder / name).mkdir()
            member.save(folder / name)
        (folder / _FILE).write_text(json.dumps(asdict(self.blend_), indent=2))


@dataclass(frozen=True, slots=True)
class Blend:
    """The weights of members, which are not negative, and the factor of their weighted geometric mean."""

    weights: Mapping[str, float]
    factor: float = 1.0

    def of(self, price_usd: Mapping[str, Prices]) -> Prices:
        """The blended prices, of those of each member."""
        logs = [weight * np.log(price_usd[name]) for name, weight in self.weights.items()]
        return np.asarray(self.factor * np.exp(np.sum(logs, axis=0)))


def best_blend(
    predicted: Mapping[str, Prices],
    price_usd: Prices,
    quote_us: Mapping[str, float],
    row_weight: Prices | None = None,
) -> Blend:
    """The blend of the least absolute error in USD, of those members that are worth their time.

    ``quote_us`` says how long quotes of each take; the slowest is the first to go. Two stay at least.
    """
    members = dict(predicted)
    blend, error = _least_error(members, price_usd, row_weight)
    for name in sorted(predicted, key=lambda name: quote_us[name], reverse=True):
        others = {other: prices for other, prices in members.items() if other != name}
        time_share = quote_us[name] / sum(quote_us[member] for member in members)
        without, more = _least_error(others, price_usd, row_weight) if len(others) > 1 else (blend, np.inf)
        if more <= error * (1 + _WORTH * time_share):
            members, blend, error = others, without, more
    return blend


def _least_error(
    predicted: Mapping[str, Prices], price_usd: Prices, row_weight: Prices | None = None
) -> tuple[Blend, float]:
    """The blend and its mean absolute error in USD.

    By steps of least squares (Gauss and Newton), with weights that turn squares into absolute errors.
    """
    from scipy.optimize import nnls

    ones = np.ones(len(price_usd))
    # The factor's log may have either sign, unlike what nnls finds.
    logs = np.column_stack([*(np.log(prices) for prices in predicted.values()), ones, -ones])
    solution = np.array([1 / len(predicted)] * len(predicted) + [0.0, 0.0])
    smallest, found = _SMALLEST_ERROR * price_usd.mean(), []
    root = 1.0 if row_weight is None else np.sqrt(row_weight)
    for _ in range(_ROUNDS):
        prices = np.exp(logs @ solution)
        error = np.abs(prices - price_usd)
        found.append((float(np.average(error, weights=row_weight)), solution))
        scale = root * prices / np.sqrt(np.maximum(error, smallest))
        target = logs @ solution + (price_usd - prices) / prices
        solution, _ = nnls(logs * scale[:, None], target * scale)
    least, best = min(found, key=lambda each: each[0])
    weights = dict(zip(predicted, best[:-2].tolist(), strict=True))
    return Blend(weights, float(np.exp(best[-2] - best[-1]))), least


def ensemble_of(*members: ModelSpec) -> ModelSpec:
    """The spec of an ensemble of those members that can be trained here."""
    specs = {spec.name: spec for spec in members if spec.available}

    def build(_parameters: Parameters, seed: int) -> Ensemble:
        return Ensemble(specs, seed)

    def load(folder: Path) -> Ensemble:
        saved = json.loads((folder / _FILE).read_text())
        ensemble = Ensemble(specs, seed=0)
        ensemble.blend_ = Blend(**saved) if "weights" in saved else Blend(saved)
        ensemble.members_ = {name: specs[name].load(folder / name) for name in ensemble.blend_.weights}
        return ensemble

    return ModelSpec(name="ensemble", build=build, load=load, members=tuple(specs))
