"""The card of a version: a page of Markdown and plots, of how it was made and how far to trust it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from diamonds.attribution import PROPERTIES, attribute
from diamonds.evaluation import Judged
from diamonds.models.features import Matrix, matrix_of
from diamonds.models.spec import Estimator, Parameters

CARD = "card.md"
_EXPLAINED = 100
"""Stones of which explanations are averaged for the importance of properties."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What there is to know of a version when it is saved; ``members`` are the versions it combines."""

    labels: Mapping[str, str]
    parameters: Parameters
    judged: Judged
    estimator: Estimator
    history: Sequence[float] = ()
    members: Mapping[str, str] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Writes ``card.md`` and the plots that it shows."""
        plots = {
            "predicted.png": _predicted(self.judged),
            "error.png": _error_by_carat(self.judged),
            "importance.png": _importance(self.estimator, self.judged),
        }
        if len(self.history) > 1:
            plots["tuning.png"] = _tuning(self.history)
        for name, figure in plots.items():
            figure.savefig(folder / name)
        pictures = "\n".join(f"![{_TITLES[name]}]({name})" for name in plots)
        (folder / CARD).write_text(f"{self.markdown()}\n{pictures}\n")

    def markdown(self) -> str:
        """The page without its pictures."""
        return "\n".join([*self._head(), "", *self._slices(), "", *self._making()])

    def _head(self) -> Iterator[str]:
        metrics = self.judged.metrics()
        mae = "95% between {:.1f} and {:.1f}".format(*self.judged.bootstrap(lambda of: of.mae))
        rmse = "95% between {:.1f} and {:.1f}".format(*self.judged.bootstrap(lambda of: of.rmse))
        yield f"# {self.labels['model']}"
        yield ""
        yield f"On {len(self.judged.stones):,} stones of the hold-out, which nothing learned from:"
        yield ""
        yield f"- mean absolute error {metrics.mae:.1f} USD ({mae})"
        yield f"- root of the mean squared error {metrics.rmse:.1f} USD ({rmse})"
        yield f"- R2 {metrics.r2:.4f}, mean error {metrics.mape:.1%} of the price"
        yield f"- {metrics.within_10_percent:.1%} of the prices within 10%"
        yield f"- {metrics.coverage:.1%} of the prices in their interval, of median width {metrics.width:.0f}"

    def _slices(self) -> Iterator[str]:
        yield "| stones | number | MAE, USD | RMSE, USD | MAPE | within 10% | in interval |"
        yield "|---|---:|---:|---:|---:|---:|---:|"
        for name, judged in self.judged.slices():
            metrics = judged.metrics()
            yield (
                f"| {name} | {len(judged.stones):,} | {metrics.mae:.1f} | {metrics.rmse:.1f} "
                f"| {metrics.mape:.1%} | {metrics.within_10_percent:.1%} | {metrics.coverage:.1%} |"
            )

    def _making(self) -> Iterator[str]:
        for name in ("dataset", "rows", "seed", "git_commit", "flow_run"):
            yield f"- {name}: {self.labels[name] or 'none'}"
        for name, value in self.parameters.items():
            origin = f" ({self.members[name]})" if name in self.members else ""
            yield f"- {name}: {value:.4g}{origin}"


_TITLES = {
    "predicted.png": "Predicted against true prices",
    "error.png": "Error by weight",
    "importance.png": "What moves prices",
    "tuning.png": "Tuning",
}


def _axes(title: str, across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6, 4), dpi=90, layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=across, ylabel=up)
    return figure, axes


def _predicted(judged: Judged) -> Figure:
    figure, axes = _axes(_TITLES["predicted.png"], "true price, USD", "predicted price, USD")
    stones = judged.stones
    axes.hexbin(stones["price"], stones["predicted"], xscale="log", yscale="log", gridsize=60, bins="log")
    ends = [stones["price"].min(), stones["price"].max()]
    axes.plot(ends, ends, color="black", linewidth=0.8)
    return figure


def _error_by_carat(judged: Judged) -> Figure:
    figure, axes = _axes(_TITLES["error.png"], "weight, carat", "error, share of the price")
    stones = judged.stones.sort_values("carat")
    groups = np.array_split(np.arange(len(stones)), min(30, len(stones)))
    error = (stones["predicted"] / stones["price"] - 1).to_numpy("float64")
    carat = stones["carat"].to_numpy("float64")
    middle = [carat[group].mean() for group in groups]
    low, median, high = (
        [np.quantile(error[group], share) for group in groups] for share in (0.05, 0.5, 0.95)
    )
    axes.fill_between(middle, low, high, alpha=0.3, label="9 of 10 stones")
    axes.plot(middle, median, label="median")
    axes.legend()
    return figure


def _importance(estimator: Estimator, judged: Judged) -> Figure:
    figure, axes = _axes(_TITLES["importance.png"], "mean change of the price, USD", "")
    owed = [attribute(estimator.predict_matrix, stone)[2] for stone in _some(matrix_of(judged.stones))]
    importance = dict(zip(PROPERTIES, np.abs(owed).mean(axis=0), strict=True))
    order = sorted(importance, key=lambda name: importance[name])
    axes.barh(order, [importance[name] for name in order])
    return figure


def _some(matrix: Matrix) -> Matrix:
    return matrix[:: max(len(matrix) // _EXPLAINED, 1)]


def _tuning(history: Sequence[float]) -> Figure:
    figure, axes = _axes(_TITLES["tuning.png"], "trial", "cross-validated MAE, USD")
    axes.plot(history, "o", markersize=3)
    axes.plot(np.minimum.accumulate(history), label="best so far")
    axes.legend()
    return figure
