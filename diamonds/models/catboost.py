"""Gradient boosted symmetric trees by CatBoost, fast to predict with, on the log of the price."""

from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from diamonds.models.features import Matrix, derived
from diamonds.models.sample_weights import PATIENCE, weights
from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, Unseen

if TYPE_CHECKING:
    import catboost
    from optuna.trial import BaseTrial

_FILE = "booster.cbm"


class SymmetricBoosting(Estimator):
    """CatBoost; ``parameters`` are its own, among them ``n_estimators``, the number of trees."""

    booster_: "catboost.CatBoostRegressor"

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
        import catboost

        self.booster_ = catboost.CatBoostRegressor(
            loss_function="RMSE",
            random_seed=self.seed,
            thread_count=1,
            verbose=False,
            allow_writing_files=False,
            **self.parameters,
        )
        watched = None if unseen is None else _pool(*unseen)
        self.booster_.fit(
            _pool(matrix, price_usd, row_weight),
            eval_set=watched,
            early_stopping_rounds=PATIENCE if watched else None,
        )
        return self

    def settled(self) -> Parameters:
        return {"n_estimators": int(self.booster_.tree_count_)}

    def predict_matrix(self, matrix: Matrix) -> Prices:
        return np.asarray(np.exp(self.booster_.predict(derived(matrix), thread_count=1)))

    def save(self, folder: Path) -> None:
        self.booster_.save_model(str(folder / _FILE))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved to ``folder`` in CatBoost's own format."""
        import catboost

        model = cls({}, seed=0)
        model.booster_ = catboost.CatBoostRegressor().load_model(str(folder / _FILE))
        return model


def _pool(matrix: Matrix, price_usd: Prices, row_weight: Prices | None = None) -> "catboost.Pool":
    import catboost

    return catboost.Pool(derived(matrix), np.log(price_usd), weight=weights(price_usd, row_weight))


def _search(trial: "BaseTrial") -> Parameters:
    return {
        "n_estimators": 1500,
        "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.2, log=True),
        "depth": trial.suggest_int("depth", 5, 9),
        "l2_leaf_reg": trial.suggest_float("l2_leaf_reg", 0.5, 20.0, log=True),
        "random_strength": trial.suggest_float("random_strength", 0.1, 3.0, log=True),
        "border_count": trial.suggest_int("border_count", 128, 254),
    }


_DEFAULTS: Parameters = {
    "n_estimators": 1500,
    "learning_rate": 0.09,
    "depth": 7,
    "l2_leaf_reg": 3.0,
    "random_strength": 1.0,
    "border_count": 254,
}

CATBOOST = ModelSpec(
    name="catboost",
    build=SymmetricBoosting,
    load=SymmetricBoosting.load,
    search=_search,
    defaults=_DEFAULTS,
    requires="catboost",
    quote_us=270,
)
