"""Trains one model on a dataset: tunes, fits, calibrates and judges it, and saves it as a version."""

import logging
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType

import numpy as np
import pandas as pd

from diamonds.dataset import Dataset, without_calibration
from diamonds.evaluation.metrics import Evaluation, evaluate
from diamonds.evaluation.model_card import ModelCard
from diamonds.evaluation.out_of_fold import OutOfFold
from diamonds.models import ModelSpec
from diamonds.models.features import matrix_of
from diamonds.models.intervals import Intervals
from diamonds.models.spec import weight_of
from diamonds.pricing.plausibility import PlausibleRanges
from diamonds.pricing.scope import Scope
from diamonds.pricing.similar import save_index
from diamonds.settings import PROJECT, settings
from diamonds.training.blending import blend
from diamonds.training.cross_validation import CrossValidation
from diamonds.training.fingerprint import LABEL, training_fingerprint
from diamonds.training.fitted import Fitted
from diamonds.training.studies import study_name
from diamonds.training.tuning import OnTrial, Search
from diamonds.versions import datasets, store
from diamonds.versions.bentoml_store import Writer
from diamonds.versions.retention import retire
from diamonds.versions.version import (
    CALIBRATION_ROWS,
    MEMBERS,
    READ_ON,
    REPORTED_ROWS,
    SOLD_UNTIL,
    Version,
)

log = logging.getLogger(__name__)


def train_version(
    spec: ModelSpec,
    dataset: Dataset,
    *,
    trials: int,
    seed: int,
    flow_run: str = "",
    minutes: float | None = None,
    storage: str | None = None,
    on_trial: OnTrial = lambda done, total: None,
    more_labels: Mapping[str, str] = MappingProxyType({}),
) -> Version:
    """Tunes, fits, calibrates, judges and saves ``spec`` on ``dataset``.

    ``storage`` is the database that stores the search, which a later run on the same stones continues.
    An ensemble is made of the newest versions of its members on the same dataset; raises ``MissingMembers``
    when there are too few. ``more_labels`` are added to the version's own.
    """
    learned, calibration = without_calibration(dataset.training)
    price_usd = learned["price"].to_numpy("float64")
    if spec.members:
        fitted = blend(spec, dataset.fingerprint, price_usd, seed, weight_of(learned))
    else:
        fitted = _tuned(_search(spec, dataset, learned, seed, storage), trials, minutes, on_trial)
    intervals = _calibrated(fitted, learned, calibration)
    evaluation = evaluate(fitted.estimator, intervals, dataset.hold_out)
    reported = evaluation.reported()
    fingerprint = training_fingerprint(spec, dataset.fingerprint, trials=trials, seed=seed)
    labels = {
        "model": spec.name,
        **reported.metrics().labels(),
        REPORTED_ROWS: str(len(reported.stones)),
        "dataset": dataset.fingerprint,
        "out_of_fold_mae": f"{_out_of_fold_mae(fitted, learned):.6g}",
        "rows": str(len(learned)),
        CALIBRATION_ROWS: str(len(calibration)),
        "seed": str(seed),
        LABEL: fingerprint if minutes is None else "",
        **_dates_of(dataset),
        "git_commit": _git_commit(),
        "flow_run": flow_run,
        **({MEMBERS: " ".join(fitted.members.values())} if fitted.members else {}),
        **more_labels,
    }
    out_of_fold = OutOfFold(price_usd, fitted.out_of_fold)
    attachments = [intervals.save, out_of_fold.save, Scope.of(dataset.report).save]
    version = _save(fitted, dataset.training, labels, evaluation, attachments)
    retire(spec.name, keep=settings().keep_versions)
    return version


def _out_of_fold_mae(fitted: Fitted, learned: pd.DataFrame) -> float:
    error = np.abs(fitted.out_of_fold - learned["price"].to_numpy("float64"))
    return float(np.average(error, weights=weight_of(learned)))


def _dates_of(dataset: Dataset) -> dict[str, str]:
    """Of when the stones are: the day of the newest sale, if they have dates, and that of their reading."""
    today = datetime.now(UTC).date()
    sold = [frame["sold_at"].max() for frame in (dataset.training, dataset.hold_out) if "sold_at" in frame]
    newest = max((day.date() for day in sold if not pd.isna(day)), default=None)
    return {
        SOLD_UNTIL: "" if newest is None else min(newest, today).isoformat(),
        READ_ON: (datasets.first_read_on(dataset.fingerprint) or today).isoformat(),
    }


def _search(
    spec: ModelSpec, dataset: Dataset, learned: pd.DataFrame, seed: int, storage: str | None
) -> Search:
    study = study_name(spec, dataset.fingerprint, seed)
    previous = store.newest_trusted(spec.name)
    start = [previous.parameters] if previous else []
    return Search(spec, learned, study, seed, storage, start=start)


def _tuned(search: Search, trials: int, minutes: float | None, on_trial: OnTrial) -> Fitted:
    tuned = search.run(trials, minutes=minutes, on_trial=on_trial)
    validation = CrossValidation(search.spec, search.stones, search.seed)
    estimator, best = validation.finished(tuned.best)
    return Fitted(estimator, best.parameters, best.out_of_fold, tuned.history)


def _calibrated(fitted: Fitted, learned: pd.DataFrame, calibration: pd.DataFrame) -> Intervals:
    ratio = np.log(learned["price"].to_numpy("float64") / fitted.out_of_fold)
    return Intervals.fit(
        fitted.estimator,
        seen=(matrix_of(learned), ratio),
        calibration=(matrix_of(calibration), calibration["price"].to_numpy("float64")),
        coverage=settings().coverage,
    )


def _save(
    fitted: Fitted,
    training: pd.DataFrame,
    labels: Mapping[str, str],
    evaluation: Evaluation,
    others: Sequence[Writer],
) -> Version:
    reported = evaluation.reported()
    card = ModelCard(labels, fitted.parameters, reported, fitted.estimator, fitted.history, fitted.members)
    attachments: list[Writer] = [
        *others,
        evaluation.save,
        card.save,
        PlausibleRanges.of(training).save,
        partial(save_index, training),
    ]
    return store.save(labels["model"], fitted.estimator, training, labels, fitted.parameters, attachments)


def _git_commit() -> str:
    try:
        git = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        log.info("No git commit to label the version with: %s", error)
        return ""
    return git.stdout.strip()
