"""The interface of a model: a spec that builds and loads estimators, which are fitted and predict prices."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from diamonds.dataset.recency import WEIGHT
from diamonds.models.features import Matrix, matrix_of

if TYPE_CHECKING:
    import pandas as pd
    from optuna.trial import BaseTrial

Prices = npt.NDArray[np.float64]
Parameters = Mapping[str, int | float]
Unseen = tuple[Matrix, Prices]


def weight_of(stones: "pd.DataFrame") -> Prices | None:
    """How much each row counts, where the dataset says so; None: all alike."""
    return stones[WEIGHT].to_numpy("float64") if WEIGHT in stones else None


def weight_at(row_weight: Prices | None, rows: npt.NDArray[np.bool_]) -> Prices | None:
    """The weights of some of the rows."""
    return None if row_weight is None else row_weight[rows]


class UnknownModel(LookupError):
    """No model of that name is registered, or none has a version."""


class Estimator(ABC):
    """Learns prices in USD from stones, which come as rows of a matrix (``features.matrix_of``)."""

    @abstractmethod
    def fit_matrix(
        self,
        matrix: Matrix,
        price_usd: Prices,
        unseen: Unseen | None = None,
        row_weight: Prices | None = None,
    ) -> Self:
        """Learns from ``matrix``; may use ``unseen`` stones and their prices to decide when to stop.

        ``row_weight`` says how much each row counts; it is passed only where trainings learn from sales.
        """

    @abstractmethod
    def predict_matrix(self, matrix: Matrix) -> Prices:
        """The prices in USD of the stones, shape (rows,): finite and above 0."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Writes the fitted estimator to files in ``folder``, none of them a pickle."""

    def load_rest(self) -> None:  # noqa: B027 - most have nothing else
        """Loads what quoting does not need, and raises where it is no good: for files from elsewhere."""

    def settled(self) -> Parameters:
        """The parameters that fitting with ``unseen`` stones decided, such as the number of trees."""
        return {}

    def fit(self, stones: "pd.DataFrame", price_usd: Prices) -> Self:
        """Learns from stones, each as much as their column ``WEIGHT`` says, where they have one."""
        return self.fit_rows(matrix_of(stones), price_usd, row_weight=weight_of(stones))

    def fit_rows(
        self,
        matrix: Matrix,
        price_usd: Prices,
        unseen: Unseen | None = None,
        row_weight: Prices | None = None,
    ) -> Self:
        """As ``fit_matrix``; raises ``TypeError`` where there are weights and it takes none."""
        if row_weight is None:
            return self.fit_matrix(matrix, price_usd, unseen=unseen)
        if "row_weight" not in signature(self.fit_matrix).parameters:
            name = f"{type(self).__name__}.fit_matrix"
            raise TypeError(f"{name} takes no row_weight, which trainings that learn from sales pass.")
        return self.fit_matrix(matrix, price_usd, unseen=unseen, row_weight=row_weight)

    def predict(self, stones: "pd.DataFrame") -> Prices:
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
