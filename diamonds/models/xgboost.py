"""Gradient boosted trees by XGBoost on the log of the price."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from diamonds.models.features import Matrix, derived
from diamonds.models.sample_weights import PATIENCE, weights
from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, Unseen
from diamonds.models.xgboost_cluster import Rows, is_for_the_cluster, train_on_cluster

if TYPE_CHECKING:
    import xgboost as xgb
    from optuna.trial import BaseTrial

_FILE = "booster.ubj"


class Boosting(Estimator):
    """XGBoost's histogram trees; ``parameters`` are XGBoost's own and ``n_estimators``, the number of trees.

    Grades are their ranks: they are ordered, and trees that split ranks are as exact as trees that split
    categories, and several times as fast.
    """

    booster_: "xgb.Booster"

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
        parameters = {
            "objective": "reg:absoluteerror",
            "max_bin": _BINS,
            "seed": self.seed,
            **self.parameters,
        }
        trees = int(parameters.pop("n_estimators"))
        grow = _grown_on_cluster if is_for_the_cluster(len(matrix)) else _grown_here
        rows = Rows(matrix, np.log(price_usd), weights(price_usd, row_weight))
        other = None if unseen is None else Rows(unseen[0], np.log(unseen[1]), weights(unseen[1]))
        self.booster_ = grow(parameters, trees, rows, other)
        if other is not None:
            self.booster_ = self.booster_[: self.booster_.best_iteration + 1]
        return self

    def settled(self) -> Parameters:
        return {"n_estimators": self.booster_.num_boosted_rounds()}

    def predict_matrix(self, matrix: Matrix) -> Prices:
        log_price = np.asarray(self.booster_.inplace_predict(derived(matrix)), dtype="float64")
        return np.asarray(np.exp(log_price))

    def save(self, folder: Path) -> None:
        self.booster_.save_model(folder / _FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved to ``folder`` in XGBoost's own format."""
        import xgboost as xgb

        model = cls({}, seed=0)
        model.booster_ = xgb.Booster(dict(_THREADS), model_file=folder / _FILE)
        return model


_BINS = 256
# More threads than free cores wait for one another in busy loops, which made training ten times as slow;
# processes, of which both training and serving have several, share cores well.
_THREADS = {"nthread": 1}


def _grown_here(parameters: dict[str, Any], trees: int, rows: Rows, unseen: Rows | None) -> "xgb.Booster":
    import xgboost as xgb

    learned = _quantized(rows)
    return xgb.train(
        {**parameters, **_THREADS},
        learned,
        num_boost_round=trees,
        evals=[] if unseen is None else [(_quantized(unseen, like=learned), "unseen")],
        early_stopping_rounds=None if unseen is None else PATIENCE,
        verbose_eval=False,
    )


def _grown_on_cluster(
    parameters: dict[str, Any], trees: int, rows: Rows, unseen: Rows | None
) -> "xgb.Booster":
    booster = train_on_cluster(parameters, trees, rows, unseen, bins=_BINS, patience=PATIENCE)
    booster.set_param(_THREADS)
    return booster


def _quantized(rows: Rows, like: "xgb.QuantileDMatrix | None" = None) -> "xgb.QuantileDMatrix":
    import xgboost as xgb

    return xgb.QuantileDMatrix(
        derived(rows.matrix), rows.log_price, weight=rows.weight, max_bin=_BINS, ref=like
    )


def _search(trial: "BaseTrial") -> Parameters:
    # Serving pays for each level of each tree: no deeper or longer than helped in cross-validation.
    return {
        "n_estimators": 1500,
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.1, log=True),
        "max_depth": trial.suggest_int("max_depth", 5, 8),
        "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 20.0, log=True),
        "subsample": trial.suggest_float("subsample", 0.6, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.4, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 10.0, log=True),
    }


_DEFAULTS: Parameters = {
    "n_estimators": 900,
    "learning_rate": 0.04,
    "max_depth": 7,
    "min_child_weight": 5.0,
    "subsample": 0.8,
    "colsample_bytree": 0.7,
    "reg_lambda": 1.0,
}

XGBOOST = ModelSpec(
    name="xgboost", build=Boosting, load=Boosting.load, search=_search, defaults=_DEFAULTS, quote_us=1190
)
