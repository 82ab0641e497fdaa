"""A model from outside: every stone costs the median price of a carat, times its weight."""

import json
from pathlib import Path
from typing import Self

import numpy as np

from diamonds.models import Estimator, ModelSpec, Parameters, Prices, Unseen
from diamonds.models.features import Matrix


class MedianPerCarat(Estimator):
    def fit_matrix(
        self,
        matrix: Matrix,
        price_usd: Prices,
        unseen: Unseen | None = None,
        row_weight: Prices | None = None,
    ) -> Self:
        self.per_carat_ = float(np.median(price_usd / matrix[:, 0]))
        return self

    def predict_matrix(self, matrix: Matrix) -> Prices:
        return matrix[:, 0] * self.per_carat_

    def save(self, folder: Path) -> None:
        (folder / "median.json").write_text(json.dumps(self.per_carat_))


def _build(_parameters: Parameters, _seed: int) -> MedianPerCarat:
    return MedianPerCarat()


def _load(folder: Path) -> MedianPerCarat:
    model = MedianPerCarat()
    model.per_carat_ = json.loads((folder / "median.json").read_text())
    return model


MEDIAN = ModelSpec(name="median", build=_build, load=_load)
