"""Marta's best linear model: ordinary least squares on the log of the price."""

from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from diamonds.diamond import GRADES
from diamonds.models.features import completed
from diamonds.models.spec import ModelSpec, Parameters, Prices

_FILE = "pipeline.skops"
_HIGHEST_LOG_USD = np.log(1e9)  # far beyond any stone sold; keeps prices of absurd stones finite


class LogLinear:
    """Log price, linear in carat, x and one-hot grades; depth, table, y and z are dropped."""

    def __init__(self) -> None:
        encoder = OneHotEncoder(categories=[list(grades) for grades in GRADES.values()], drop="first")
        columns = make_column_transformer(
            ("passthrough", ["carat", "x"]), (encoder, list(GRADES)), verbose_feature_names_out=False
        )
        self.pipeline_ = make_pipeline(columns, LinearRegression())

    def fit(self, stones: pd.DataFrame, price_usd: Prices) -> Self:
        self.pipeline_.fit(_inputs(stones), np.log(price_usd))
        return self

    def predict(self, stones: pd.DataFrame) -> Prices:
        log_price = self.pipeline_.predict(_inputs(stones))
        return np.asarray(np.exp(np.clip(log_price, -_HIGHEST_LOG_USD, _HIGHEST_LOG_USD)), dtype="float64")

    def save(self, folder: Path) -> None:
        skops.io.dump(self.pipeline_, folder / _FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved to ``folder``; skops refuses anything but scikit-learn's own types."""
        model = cls()
        model.pipeline_ = skops.io.load(folder / _FILE)
        return model


def _inputs(stones: pd.DataFrame) -> pd.DataFrame:
    frame = completed(stones)[["carat", "x", *GRADES]]
    return frame.astype(dict.fromkeys(GRADES, object))


def _build(_parameters: Parameters, _seed: int) -> LogLinear:
    return LogLinear()


LINEAR = ModelSpec(name="linear", build=_build, load=LogLinear.load)
