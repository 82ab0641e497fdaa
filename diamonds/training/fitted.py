"""What fitting a model yields: the estimator, and its prices of stones that it did not learn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pandas as pd

from diamonds.models import Estimator, Parameters, Prices

_FILE = "out_of_fold.parquet"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted estimator with its parameters.

    ``out_of_fold`` are the prices in USD that models of the other folds give the stones learned from,
    ``history`` the errors of the trials in USD, ``members`` the tags of the members by model.
    """

    estimator: Estimator
    parameters: Parameters
    out_of_fold: Prices
    history: tuple[float, ...] = ()
    members: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """The true prices of the stones learned from, and those by models of the other folds, in USD."""

    price: Prices
    predicted: Prices

    def save(self, folder: Path) -> None:
        pd.DataFrame({"price": self.price, "predicted": self.predicted}).to_parquet(folder / _FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The prices that were saved to ``folder``."""
        saved = pd.read_parquet(folder / _FILE)
        return cls(saved["price"].to_numpy("float64"), saved["predicted"].to_numpy("float64"))
