"""The interface of a model: a spec that builds and loads estimators, which are fitted and predict prices."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from diamonds.models.features import Matrix, matrix_of

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

Prices = npt.NDArray[np.float64]
Parameters = Mapping[str, int | float]
Unseen = tuple[Matrix, Prices]


class UnknownModel(LookupError):
    """No model of that name is registered, or none has a version."""


class Estimator(ABC):
    """Learns prices in USD from stones, which come as rows of a matrix (``features.matrix_of``)."""

    @abstractmethod
    def fit_matrix(self, matrix: Matrix, price_usd: Prices, unseen: Unseen | None = None) -> Self:
        """Learns from ``matrix``; may use ``unseen`` stones and their prices to decide when to stop."""

    @abstractmethod
    def predict_matrix(self, matrix: Matrix) -> Prices:
        """The prices in USD of the stones, shape (rows,): finite and above 0."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Writes the fitted estimator to files in ``folder``, none of them a pickle."""

    def settled(self) -> Parameters:
        """The parameters that fitting with ``unseen`` stones decided, such as the number of trees."""
        return {}

    def fit(self, stones: pd.DataFrame, price_usd: Prices) -> Self:
        return self.fit_matrix(matrix_of(stones), price_usd)

    def predict(self, stones: pd.DataFrame) -> Prices:
        return self.predict_matrix(matrix_of(stones))


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """The recipe of one model.

    ``search`` draws parameters from an Optuna trial, or is None. ``members`` are the models that this one
    combines: they are trained before it. ``requires`` is the import name of a package that may be missing.
    ``quote_us`` is about how many microseconds 16 quotes take, which ensembles weigh against its worth.
    """

    name: str
    build: Callable[[Parameters, int], Estimator]
    load: Callable[[Path], Estimator]
    search: "Callable[[BaseTrial], Parameters] | None" = None
    defaults: Parameters | None = None
    members: tuple[str, ...] = ()
    requires: str | None = None
    quote_us: float = 100.0

    @property
    def available(self) -> bool:
        """Whether the package that this model needs is installed."""
        return self.requires is None or find_spec(self.requires) is not None
