"""Trains one model on a dataset, judges it on the hold-out and saves it as a version."""

import logging
import subprocess
from collections.abc import Callable

from diamonds import model_store
from diamonds.dataset import Dataset
from diamonds.evaluation import evaluate
from diamonds.models import ModelSpec
from diamonds.settings import PROJECT
from diamonds.tuning import tune

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


def train_version(
    spec: ModelSpec,
    dataset: Dataset,
    *,
    trials: int,
    seed: int,
    flow_run: str = "",
    progress: Progress = lambda done, total: None,
) -> model_store.Version:
    """Tunes, fits, evaluates and saves ``spec`` on ``dataset``; ``progress`` hears of each trial."""
    training, hold_out = dataset.training, dataset.hold_out
    parameters = tune(spec, training, trials=trials, seed=seed, progress=progress)
    estimator = spec.build(parameters, seed).fit(training, training["price"].to_numpy())
    metrics = evaluate(estimator.predict(hold_out), hold_out["price"].to_numpy())
    labels = {
        "model": spec.name,
        **metrics.labels(),
        "dataset": dataset.fingerprint,
        "rows": str(len(training)),
        "seed": str(seed),
        "git_commit": _git_commit(),
        "flow_run": flow_run,
    }
    return model_store.save(spec.name, estimator, training, labels, parameters)


def _git_commit() -> str:
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        log.info("No git commit to label the version with: %s", error)
        return ""
    return answer.stdout.strip()
