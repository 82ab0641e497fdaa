"""The model card of a version: its metrics, slices and provenance as Markdown with plots."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path

from diamonds.evaluation.figures import figures_of, save_figures
from diamonds.evaluation.metrics import Evaluation
from diamonds.models.spec import Estimator, Parameters

CARD = "card.md"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The content of a version's card; ``members`` are the versions that an ensemble combines."""

    labels: Mapping[str, str]
    parameters: Parameters
    evaluation: Evaluation
    estimator: Estimator
    history: Sequence[float] = ()
    members: Mapping[str, str] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Writes ``card.md``, its plots, and the figures from which the plots were drawn."""
        # matplotlib takes half a second to import, and those who only read cards do not need it.
        from diamonds.evaluation.plots import save_plots

        figures = figures_of(self.evaluation, self.estimator, self.history)
        save_figures(figures, folder)
        plots = save_plots(self.evaluation, figures, folder)
        pictures = "\n".join(f"![{title}]({name})" for name, title in plots.items())
        (folder / CARD).write_text(f"{self.markdown()}\n{pictures}\n", "utf-8")

    def markdown(self) -> str:
        """The card without its plots."""
        return "\n".join([*self._head(), "", *self._slices(), "", *self._provenance()])

    def _head(self) -> Iterator[str]:
        metrics = self.evaluation.metrics()
        mae = "95% between {:.1f} and {:.1f}".format(*self.evaluation.bootstrap(lambda of: of.mae))
        rmse = "95% between {:.1f} and {:.1f}".format(*self.evaluation.bootstrap(lambda of: of.rmse))
        yield f"# {self.labels['model']}"
        yield ""
        yield (
            f"On {len(self.evaluation.stones):,} stones of the hold-out, which no training saw, and on which "
            f"no promotion is decided where others are enough:"
        )
        yield ""
        yield f"- mean absolute error {metrics.mae:.1f} USD ({mae})"
        yield f"- root of the mean squared error {metrics.rmse:.1f} USD ({rmse})"
        yield f"- R2 {metrics.r2:.4f}, mean error {metrics.mape:.1%} of the price"
        yield f"- {metrics.within_10_percent:.1%} of the prices within 10%"
        if isnan(metrics.width):
            yield "- no intervals: too few stones to calibrate them"
        else:
            width = f"of median width {metrics.width:.0f}"
            yield f"- {metrics.coverage:.1%} of the prices in their interval, {width}"

    def _slices(self) -> Iterator[str]:
        yield "| stones | number | MAE, USD | RMSE, USD | MAPE | within 10% | in interval |"
        yield "|---|---:|---:|---:|---:|---:|---:|"
        for name, evaluation in self.evaluation.slices():
            metrics = evaluation.metrics()
            yield (
                f"| {name} | {len(evaluation.stones):,} | {metrics.mae:.1f} | {metrics.rmse:.1f} "
                f"| {metrics.mape:.1%} | {metrics.within_10_percent:.1%} "
                f"| {'' if isnan(metrics.coverage) else f'{metrics.coverage:.1%}'} |"
            )

    def _provenance(self) -> Iterator[str]:
        for name in ("dataset", "rows", "calibration_rows", "seed", "git_commit", "flow_run"):
            yield f"- {name}: {self.labels[name] or 'none'}"
        for name, value in self.parameters.items():
            member = f" ({self.members[name]})" if name in self.members else ""
            yield f"- {name}: {value:.4g}{member}"


def text_in(folder: Path) -> str:
    """The card in a version's folder without its plots."""
    text, _, _ = (folder / CARD).read_text("utf-8").partition("\n![")
    return text
