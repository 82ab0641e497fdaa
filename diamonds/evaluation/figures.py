"""The data of a model card's plots, aggregated so that the API can send it and the dashboard draw it."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from typing_extensions import TypedDict  # pydantic describes only this one before Python 3.12

from diamonds.evaluation.metrics import Evaluation
from diamonds.models.features import matrix_of
from diamonds.models.shapley import PROPERTIES, attribute
from diamonds.models.spec import Estimator

_FILE = "figures.json"
_CELLS = 40
_GROUPS = 30
_EXPLAINED = 100
"""Number of stones whose explanations are averaged for the importance of properties."""


class Cell(TypedDict):
    """How many stones have a true and a predicted price between these bounds in USD."""

    price_from: float
    price_to: float
    predicted_from: float
    predicted_to: float
    stones: int


class ErrorBand(TypedDict):
    """Errors of stones of about that weight, as shares of their prices: the median, and the middle 90%."""

    carat: float
    low: float
    median: float
    high: float


class Importance(TypedDict):
    """The mean absolute contribution of a property to the price, in USD."""

    property: str
    change_usd: float


class Figures(TypedDict):
    """Predicted against true prices, errors by weight, importance (greatest first), and MAE of each trial."""

    predicted: list[Cell]
    error: list[ErrorBand]
    importance: list[Importance]
    tuning: list[float]


def figures_of(evaluation: Evaluation, estimator: Estimator, history: Sequence[float]) -> Figures:
    """The figures of an evaluated model; ``history`` is the cross-validated MAE of each trial in USD."""
    return {
        "predicted": _predicted(evaluation),
        "error": _error_by_carat(evaluation),
        "importance": _importance(estimator, evaluation),
        "tuning": [round(mae, 2) for mae in history],
    }


def save_figures(figures: Figures, folder: Path) -> None:
    """Writes the figures to a version's folder."""
    (folder / _FILE).write_text(json.dumps(figures))


def figures_in(folder: Path) -> Figures | None:
    """The figures in a version's folder; None for versions that were saved without."""
    path = folder / _FILE
    if not path.is_file():
        return None
    figures: Figures = json.loads(path.read_text())
    return figures


def _predicted(evaluation: Evaluation) -> list[Cell]:
    price, predicted = (evaluation.stones[name].to_numpy("float64") for name in ("price", "predicted"))
    both = np.concatenate([price, predicted])
    edges = np.geomspace(both.min(), both.max() + 1, _CELLS + 1)
    counts, _, _ = np.histogram2d(price, predicted, bins=(edges, edges))
    rounded = edges.round(1).tolist()
    return [
        {
            "price_from": rounded[column],
            "price_to": rounded[column + 1],
            "predicted_from": rounded[row],
            "predicted_to": rounded[row + 1],
            "stones": int(counts[column, row]),
        }
        for column, row in np.argwhere(counts).tolist()
    ]


def _error_by_carat(evaluation: Evaluation) -> list[ErrorBand]:
    stones = evaluation.stones.sort_values("carat")
    error = (stones["predicted"] / stones["price"] - 1).to_numpy("float64")
    carat = stones["carat"].to_numpy("float64")
    groups = np.array_split(np.arange(len(stones)), min(_GROUPS, len(stones)))
    return [_band(carat[group], error[group]) for group in groups]


def _band(carat: np.ndarray, error: np.ndarray) -> ErrorBand:
    low, median, high = np.quantile(error, (0.05, 0.5, 0.95)).round(4).tolist()
    return {"carat": round(float(carat.mean()), 4), "low": low, "median": median, "high": high}


def _importance(estimator: Estimator, evaluation: Evaluation) -> list[Importance]:
    matrix = matrix_of(evaluation.stones)
    sample = matrix[:: max(len(matrix) // _EXPLAINED, 1)]
    contributions = [attribute(estimator.predict_matrix, stone)[2] for stone in sample]
    importance = dict(zip(PROPERTIES, np.abs(contributions).mean(axis=0).round(2).tolist(), strict=True))
    order = sorted(importance, key=lambda name: -importance[name])
    return [{"property": name, "change_usd": importance[name]} for name in order]
