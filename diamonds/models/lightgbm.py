"""Gradient boosted trees by LightGBM, which grows them leaf by leaf, on the log of the price."""

from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from diamonds.models.features import Matrix, derived
from diamonds.models.sample_weights import PATIENCE, weights
from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, Unseen

if TYPE_CHECKING:
    import lightgbm
    from optuna.trial import BaseTrial

_FILE = "booster.txt"


class LeafBoosting(Estimator):
    """LightGBM; ``parameters`` are its own, among them ``n_estimators``, the number of trees."""

    booster_: "lightgbm.Booster"

    def __init__(self, parameters: Parameters, seed: int) -> None:
        self.parameters = dict(parameters)
        self.seed = seed

    def fit_matrix(
        self,
        matrix: Matrix,
        price_usd: Prices,
        unseen: Unseen | None = None,
        row_weight: Prices | None = None,
    ) -> Self:
        import lightgbm

        fixed = {"objective": "l2", "verbosity": -1, "num_threads": 1, "deterministic": True}
        rows = lightgbm.Dataset(derived(matrix), np.log(price_usd), weight=weights(price_usd, row_weight))
        watched = None if unseen is None else [_like(rows, unseen)]
        self.booster_ = lightgbm.train(
            {**fixed, "seed": self.seed, "metric": "l1", **self.parameters},
            rows,
            valid_sets=watched,
            callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)] if watched else None,
        )
        return self

    def settled(self) -> Parameters:
        return {"n_estimators": self.booster_.best_iteration}

    def predict_matrix(self, matrix: Matrix) -> Prices:
        return np.asarray(np.exp(self.booster_.predict(derived(matrix), num_threads=1)))

    def save(self, folder: Path) -> None:
        self.booster_.save_model(folder / _FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved to ``folder`` in LightGBM's own format."""
        import lightgbm

        model = cls({}, seed=0)
        model.booster_ = lightgbm.Booster(model_file=folder / _FILE)
        return model


def _like(rows: "lightgbm.Dataset", unseen: Unseen) -> "lightgbm.Dataset":
    matrix, price_usd = unseen
    return rows.create_valid(derived(matrix), np.log(price_usd), weight=weights(price_usd))


def _search(trial: "BaseTrial") -> Parameters:
    return {
        "n_estimators": 1500,
        "bagging_freq": 1,
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.1, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 24, 160, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 5, 60, log=True),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.6, 1.0),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.4, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.01, 10.0, log=True),
    }


_DEFAULTS: Parameters = {
    "n_estimators": 900,
    "bagging_freq": 1,
    "learning_rate": 0.04,
    "num_leaves": 64,
    "min_child_samples": 20,
    "bagging_fraction": 0.8,
    "feature_fraction": 0.6,
    "reg_lambda": 1.0,
}

LIGHTGBM = ModelSpec(
    name="lightgbm",
    build=LeafBoosting,
    load=LeafBoosting.load,
    search=_search,
    defaults=_DEFAULTS,
    requires="lightgbm",
    quote_us=520,
)
