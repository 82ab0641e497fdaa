"""What a model is to the rest of the project: a spec that builds and loads estimators."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
import optuna
import pandas as pd

Prices = npt.NDArray[np.float64]
Parameters = Mapping[str, int | float]


class UnknownModel(LookupError):
    """No model of that name is registered or stored."""


class Estimator(Protocol):
    """Learns prices in USD from stones (a frame with columns ``FEATURES``, completed or not)."""

    def fit(self, stones: pd.DataFrame, price_usd: Prices) -> Self: ...

    def predict(self, stones: pd.DataFrame) -> Prices: ...

    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """The recipe of one model; ``search`` draws parameters from an Optuna trial, or is None."""

    name: str
    build: Callable[[Parameters, int], Estimator]
    load: Callable[[Path], Estimator]
    search: Callable[[optuna.Trial], Parameters] | None = None
    defaults: Parameters | None = None
