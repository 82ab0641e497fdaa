"""Trains one model on a dataset, judges it on the hold-out and saves it as a version."""

import logging
import subprocess

import numpy as np

from diamonds import model_store
from diamonds.dataset import Dataset
from diamonds.evaluation import judge
from diamonds.intervals import Intervals, is_for_calibration
from diamonds.models import ModelSpec
from diamonds.models.features import matrix_of
from diamonds.settings import PROJECT, settings
from diamonds.tuning import Progress, Search

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
    progress: Progress = lambda done, total: None,
) -> model_store.Version:
    """Tunes, fits, calibrates, evaluates and saves ``spec`` on ``dataset``; ``progress`` hears of each trial.

    ``storage`` is the database that keeps the search, to be gone on with by a later run on the same stones.
    """
    apart = is_for_calibration(dataset.training)
    learned, calibration = dataset.training[~apart], dataset.training[apart]
    search = Search(
        spec,
        learned,
        study=f"{spec.name} on {dataset.fingerprint}, seed {seed}",
        seed=seed,
        storage=storage,
        start=[version.parameters for version in model_store.versions(spec.name)[:1]],
    )
    tuned = search.run(trials, minutes=minutes, progress=progress)
    price_usd = learned["price"].to_numpy("float64")
    estimator = spec.build(tuned.best.parameters, seed).fit(learned, price_usd)
    intervals = Intervals.fit(
        estimator,
        seen=(matrix_of(learned), np.log(price_usd / tuned.best.out_of_fold)),
        calibration=(matrix_of(calibration), calibration["price"].to_numpy("float64")),
        coverage=settings().coverage,
    )
    judged = judge(estimator, intervals, dataset.hold_out)
    labels = {
        "model": spec.name,
        **judged.metrics().labels(),
        "dataset": dataset.fingerprint,
        "rows": str(len(dataset.training)),
        "seed": str(seed),
        "git_commit": _git_commit(),
        "flow_run": flow_run,
    }
    return model_store.save(
        spec.name, estimator, dataset.training, labels, tuned.best.parameters, attachments=[intervals]
    )


def _git_commit() -> str:
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        log.info("No git commit to label the version with: %s", error)
        return ""
    return answer.stdout.strip()
