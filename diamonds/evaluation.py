"""How well prices are predicted, measured on stones that no training saw."""

from dataclasses import asdict, dataclass

import numpy as np

from diamonds.models.spec import Prices


@dataclass(frozen=True, slots=True)
class Metrics:
    """Errors on the hold-out: ``mae`` and ``rmse`` in USD, ``mape`` as a fraction."""

    mae: float
    rmse: float
    r2: float
    mape: float

    def labels(self) -> dict[str, str]:
        """The metrics as the strings that label a version."""
        return {name: f"{value:.6g}" for name, value in asdict(self).items()}


def evaluate(predicted: Prices, actual: Prices) -> Metrics:
    """The metrics of predicted against true prices, both in USD and of shape (stones,)."""
    error = predicted - actual
    return Metrics(
        mae=float(np.abs(error).mean()),
        rmse=float(np.sqrt((error**2).mean())),
        r2=float(1 - (error**2).sum() / ((actual - actual.mean()) ** 2).sum()),
        mape=float(np.abs(error / actual).mean()),
    )
