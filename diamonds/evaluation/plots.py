"""Draws the plots of a model card."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from diamonds.evaluation.figures import ErrorBand, Figures, Importance
from diamonds.evaluation.metrics import Evaluation


def save_plots(evaluation: Evaluation, figures: Figures, folder: Path) -> dict[str, str]:
    """Writes the plots to a folder, and returns their titles by file name."""
    plots = {
        "predicted.png": _predicted(evaluation),
        "error.png": _error_by_carat(figures["error"]),
        "importance.png": _importance(figures["importance"]),
    }
    if len(figures["tuning"]) > 1:
        plots["tuning.png"] = _tuning(figures["tuning"])
    for name, figure in plots.items():
        figure.savefig(folder / name)
    return {name: figure.axes[0].get_title() for name, figure in plots.items()}


def _axes(title: str, xlabel: str, ylabel: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6, 4), dpi=90, layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return figure, axes


def _predicted(evaluation: Evaluation) -> Figure:
    figure, axes = _axes("Predicted against true prices", "true price, USD", "predicted price, USD")
    stones = evaluation.stones
    axes.hexbin(stones["price"], stones["predicted"], xscale="log", yscale="log", gridsize=60, bins="log")
    ends = [stones["price"].min(), stones["price"].max()]
    axes.plot(ends, ends, color="black", linewidth=0.8)
    return figure


def _error_by_carat(bands: list[ErrorBand]) -> Figure:
    figure, axes = _axes("Error by weight", "weight, carat", "error, share of the price")
    carat = [band["carat"] for band in bands]
    low, high = [band["low"] for band in bands], [band["high"] for band in bands]
    axes.fill_between(carat, low, high, alpha=0.3, label="9 of 10 stones")
    axes.plot(carat, [band["median"] for band in bands], label="median")
    axes.legend()
    return figure


def _importance(importance: list[Importance]) -> Figure:
    figure, axes = _axes("What moves prices", "mean change of the price, USD", "")
    upwards = importance[::-1]
    axes.barh([each["property"] for each in upwards], [each["change_usd"] for each in upwards])
    return figure


def _tuning(history: list[float]) -> Figure:
    figure, axes = _axes("Tuning", "trial", "cross-validated MAE, USD")
    axes.plot(history, "o", markersize=3)
    axes.plot(np.minimum.accumulate(history), label="best so far")
    axes.legend()
    return figure
