"""Cross-validation by stone: every stone is priced by a model that learned from no copy of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from diamonds.dataset.split import FOLDS, fold_of, stone_hashes
from diamonds.models.features import matrix_of
from diamonds.models.spec import Estimator, ModelSpec, Parameters, Prices, Unseen, weight_at, weight_of
from diamonds.models.threads import on_all_cores
from diamonds.settings import settings

_MORE_ROWS = 1.1
"""A model of all rows has half as many again as one of two thirds, and grows about a tenth more trees."""

OnFold = Callable[[int, float], None]
"""Receives the number of a finished fold and the mean absolute error in USD over all folds until then."""


@dataclass(frozen=True, slots=True)
class Validated:
    """Parameters with their mean absolute error on stones that were not learned from.

    ``out_of_fold`` are the prices in USD that models of the other folds give each row; ``settled`` names the
    parameters that the stones of the judging folds decided, such as the number of trees.
    """

    parameters: Parameters
    mae_usd: float
    out_of_fold: Prices
    settled: tuple[str, ...] = ()


class CrossValidation:
    """The stones of ``stones`` in folds, for one model."""

    def __init__(self, spec: ModelSpec, stones: pd.DataFrame, seed: int) -> None:
        self.spec, self.seed = spec, seed
        self._matrix, self._price_usd = matrix_of(stones), stones["price"].to_numpy("float64")
        self._row_weight = weight_of(stones)
        self._fold = fold_of(stone_hashes(stones))

    def validate(self, parameters: Parameters, on_fold: OnFold = lambda fold, mae_usd: None) -> Validated:
        """Prices each fold by a model that is fitted on the others; ``on_fold`` may raise to stop.

        The stones of the fold decide when the model stops to learn, so that its error is a little too small:
        good enough to compare parameters. See ``without_early_stopping``.
        """
        out_of_fold, priced = np.empty_like(self._price_usd), np.zeros(len(self._price_usd), dtype=bool)
        settled: list[Parameters] = []
        for fold in range(FOLDS):
            unseen = self._fold == fold
            estimator = self._fitted(parameters, ~unseen, (self._matrix[unseen], self._price_usd[unseen]))
            out_of_fold[unseen] = estimator.predict_matrix(self._matrix[unseen])
            settled.append(estimator.settled())
            priced |= unseen
            on_fold(fold, self._mae(out_of_fold, priced))
        for_all = _for_all(settled)
        mae_usd = self._mae(out_of_fold, priced)
        return Validated({**parameters, **for_all}, mae_usd, out_of_fold, tuple(for_all))

    def without_early_stopping(self, validated: Validated) -> Validated:
        """The same with the error of models that learn for a fixed number of rounds, whatever fold judges."""
        return self._judged(validated, _fitted_side_by_side(self._of_each_fold(validated)))

    def finished(self, validated: Validated) -> tuple[Estimator, Validated]:
        """A model of all stones, and its validation ``without_early_stopping``, fitted side by side."""
        everything = np.ones(len(self._fold), dtype=bool)
        fits = [partial(self._fitted, validated.parameters, everything), *self._of_each_fold(validated)]
        estimator, *others = _fitted_side_by_side(fits)
        return estimator, self._judged(validated, others)

    def _of_each_fold(self, validated: Validated) -> list[partial[Estimator]]:
        """Fits a model on the other folds, for each fold; none where the folds settled nothing."""
        rounds = {name: max(1, round(validated.parameters[name] / _MORE_ROWS)) for name in validated.settled}
        parameters, folds = {**validated.parameters, **rounds}, range(FOLDS if rounds else 0)
        return [partial(self._fitted, parameters, self._fold != fold) for fold in folds]

    def _judged(self, validated: Validated, of_each_fold: Sequence[Estimator]) -> Validated:
        if not of_each_fold:
            return validated
        out_of_fold = np.empty_like(self._price_usd)
        for fold, estimator in enumerate(of_each_fold):
            unseen = self._fold == fold
            out_of_fold[unseen] = estimator.predict_matrix(self._matrix[unseen])
        everything = np.ones(len(out_of_fold), dtype=bool)
        return replace(validated, mae_usd=self._mae(out_of_fold, everything), out_of_fold=out_of_fold)

    def _fitted(
        self, parameters: Parameters, rows: npt.NDArray[np.bool_], unseen: Unseen | None = None
    ) -> Estimator:
        estimator = self.spec.build(parameters, self.seed)
        row_weight = weight_at(self._row_weight, rows)
        return estimator.fit_rows(self._matrix[rows], self._price_usd[rows], unseen, row_weight)

    def _mae(self, predicted: Prices, rows: npt.NDArray[np.bool_]) -> float:
        error = np.abs(predicted[rows] - self._price_usd[rows])
        return float(np.average(error, weights=weight_at(self._row_weight, rows)))


def _fitted_side_by_side(fits: Sequence[Callable[[], Estimator]]) -> list[Estimator]:
    """Each on a core; one after the other where a cluster trains, each of whose cores has a worker."""
    return [fit() for fit in fits] if settings().dask_scheduler else on_all_cores(fits)


def _for_all(settled: list[Parameters]) -> Parameters:
    return {name: round(_MORE_ROWS * float(np.mean([each[name] for each in settled]))) for name in settled[0]}
