"""Gradient boosted trees by XGBoost on the log of the price."""

from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from diamonds.models.features import Matrix, derived
from diamonds.models.sample_weights import PATIENCE, weights
from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, Unseen

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
        import xgboost as xgb

        rows = xgb.QuantileDMatrix(
            derived(matrix), np.log(price_usd), weight=weights(price_usd, row_weight), max_bin=_BINS
        )
        watched = [] if unseen is None else [(_rows_like(rows, unseen), "unseen")]
        parameters = dict(self.parameters)
        trees = int(parameters.pop("n_estimators"))
        self.booster_ = xgb.train(
            {"objective": "reg:absoluteerror", "max_bin": _BINS, "seed": self.seed, **_THREADS, **parameters},
            rows,
            num_boost_round=trees,
            evals=watched,
            early_stopping_rounds=PATIENCE if watched else None,
            verbose_eval=False,
        )
        if watched:
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


def _rows_like(rows: "xgb.QuantileDMatrix", unseen: Unseen) -> "xgb.QuantileDMatrix":
    import xgboost as xgb

    matrix, price_usd = unseen
    return xgb.QuantileDMatrix(
        derived(matrix), np.log(price_usd), weight=weights(price_usd), max_bin=_BINS, ref=rows
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
