"""Gradient boosted trees by XGBoost on the log of the price, with grades as native categories."""

from pathlib import Path
from typing import Self

import numpy as np
import optuna
import pandas as pd
import xgboost as xgb

from diamonds.diamond import GRADES
from diamonds.models.features import completed
from diamonds.models.spec import ModelSpec, Parameters, Prices

_FILE = "booster.ubj"


class Boosting:
    """XGBoost's histogram trees; parameters are those of ``xgboost.XGBRegressor``."""

    def __init__(self, parameters: Parameters, seed: int) -> None:
        self.parameters = dict(parameters)
        self.seed = seed

    def fit(self, stones: pd.DataFrame, price_usd: Prices) -> Self:
        regressor = xgb.XGBRegressor(
            tree_method="hist", enable_categorical=True, random_state=self.seed, **self.parameters
        )
        regressor.fit(_inputs(stones), np.log(price_usd))
        self.booster_ = regressor.get_booster()
        return self

    def predict(self, stones: pd.DataFrame) -> Prices:
        log_price: Prices = np.asarray(self.booster_.inplace_predict(_inputs(stones)), dtype="float64")
        return np.exp(log_price)

    def save(self, folder: Path) -> None:
        self.booster_.save_model(folder / _FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved to ``folder`` in XGBoost's own format."""
        model = cls({}, seed=0)
        model.booster_ = xgb.Booster(model_file=folder / _FILE)
        return model


def _inputs(stones: pd.DataFrame) -> pd.DataFrame:
    frame = completed(stones)
    for column in GRADES:
        frame[column] = frame[column].cat.as_unordered()
    return frame


def _search(trial: optuna.Trial) -> Parameters:
    return {
        "n_estimators": trial.suggest_int("n_estimators", 300, 1500, step=100),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.1, log=True),
        "max_depth": trial.suggest_int("max_depth", 5, 9),
        "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 20.0, log=True),
        "subsample": trial.suggest_float("subsample", 0.6, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.5, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 10.0, log=True),
    }


_DEFAULTS: Parameters = {
    "n_estimators": 1000,
    "learning_rate": 0.03,
    "max_depth": 7,
    "min_child_weight": 5.0,
    "subsample": 0.8,
    "colsample_bytree": 0.7,
    "reg_lambda": 1.0,
}

XGBOOST = ModelSpec(name="xgboost", build=Boosting, load=Boosting.load, search=_search, defaults=_DEFAULTS)
