"""A linear model: ordinary least squares on the log of the price."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from diamonds.diamond import FEATURES
from diamonds.models.features import GradeCode, Matrix, completed, one_hot, other_grades
from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, Unseen

_FILE = "coefficients.json"


class LogLinear(Estimator):
    """Log price, linear in carat, x and one-hot grades; depth, table, y and z are dropped.

    The log of a price turns a linear error into a factor, so prices are clipped to those it learned from.
    """

    def fit_matrix(
        self,
        matrix: Matrix,
        price_usd: Prices,
        unseen: Unseen | None = None,
        row_weight: Prices | None = None,
    ) -> Self:
        from sklearn.linear_model import LinearRegression

        self.others_ = other_grades(matrix)
        inputs, log_price = _inputs(matrix, self.others_), np.log(price_usd)
        regression = LinearRegression().fit(inputs, log_price, sample_weight=row_weight)
        self.coefficients_ = np.asarray(regression.coef_, dtype="float64")
        self.usual_ = np.average(inputs, axis=0, weights=row_weight)
        # The mean of a price is above the exponential of its log's mean: Duan's smearing factor.
        factors = np.exp(log_price - regression.predict(inputs))
        smearing = np.log(np.average(factors, weights=row_weight))
        self.base_ = float(np.average(log_price, weights=row_weight) + smearing)
        self.range_ = (float(log_price.min()), float(log_price.max()))
        return self

    def predict_matrix(self, matrix: Matrix) -> Prices:
        log_price = self.base_ + (_inputs(matrix, self.others_) - self.usual_) @ self.coefficients_
        return np.asarray(np.exp(np.clip(log_price, *self.range_)), dtype="float64")

    def save(self, folder: Path) -> None:
        fitted = {
            "coefficients": self.coefficients_.tolist(),
            "usual": self.usual_.tolist(),
            "base": self.base_,
            "range": self.range_,
            "other_grades": self.others_,
        }
        (folder / _FILE).write_text(json.dumps(fitted, indent=2))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved to ``folder``."""
        fitted = json.loads((folder / _FILE).read_text())
        model = cls()
        model.coefficients_ = np.array(fitted["coefficients"])
        model.usual_ = np.array(fitted["usual"])
        model.base_ = fitted["base"]
        model.range_ = tuple(fitted["range"])
        model.others_ = [tuple(grade) for grade in fitted.get("other_grades", [])]
        return model


_MEASURES = [FEATURES.index("carat"), FEATURES.index("x")]


def _inputs(matrix: Matrix, others: Sequence[GradeCode]) -> Matrix:
    """Carat, x, and whether the stone has each grade, shape (rows, 2 + 20 + others)."""
    return np.column_stack([completed(matrix)[:, _MEASURES], one_hot(matrix, others)])


def _build(_parameters: Parameters, _seed: int) -> LogLinear:
    return LogLinear()


LINEAR = ModelSpec(name="linear", build=_build, load=LogLinear.load, quote_us=33)
