"""Trains one model on a dataset, judges it on the hold-out and saves it as a version."""

import logging
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from diamonds.dataset import Dataset, without_calibration
from diamonds.evaluation.metrics import evaluate
from diamonds.evaluation.model_card import ModelCard
from diamonds.models import Estimator, ModelSpec, Parameters, Prices
from diamonds.models.ensemble import Ensemble
from diamonds.models.features import matrix_of
from diamonds.models.intervals import Intervals
from diamonds.pricing.plausibility import PlausibleRanges
from diamonds.pricing.similar import save_index
from diamonds.settings import PROJECT, settings
from diamonds.training.fingerprint import origin_of
from diamonds.training.tuning import Progress, Search
from diamonds.versions import store
from diamonds.versions.version import MEMBERS, Version

log = logging.getLogger(__name__)

_OUT_OF_FOLD = "out_of_fold.parquet"


class MissingMembers(RuntimeError):
    """An ensemble cannot be made of fewer than two models trained on the same stones."""


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """What models of the other folds say of the stones learned from, beside the true prices, in USD."""

    price: Prices
    predicted: Prices

    def save(self, folder: Path) -> None:
        pd.DataFrame({"price": self.price, "predicted": self.predicted}).to_parquet(folder / _OUT_OF_FOLD)

    @classmethod
    def load(cls, folder: Path) -> "OutOfFold":
        saved = pd.read_parquet(folder / _OUT_OF_FOLD)
        return cls(saved["price"].to_numpy("float64"), saved["predicted"].to_numpy("float64"))


@dataclass(frozen=True, slots=True)
class Fitted:
    """An estimator that has learned, and what came of it on the way."""

    estimator: Estimator
    parameters: Parameters
    out_of_fold: Prices
    history: tuple[float, ...] = ()
    members: Mapping[str, str] = field(default_factory=dict)


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
) -> Version:
    """Tunes, fits, calibrates, judges and saves ``spec`` on ``dataset``; ``progress`` hears of each trial.

    ``storage`` is the database that keeps the search, to be gone on with by a later run on the same stones.
    An ensemble is made of the newest versions of its members on the same dataset; raises ``MissingMembers``
    when there are too few.
    """
    learned, calibration = without_calibration(dataset.training)
    if spec.members:
        fitted = _blended(spec, dataset.fingerprint, learned, seed)
    else:
        search = Search(
            spec,
            learned,
            study=f"{spec.name} on {dataset.fingerprint}, seed {seed}",
            seed=seed,
            storage=storage,
            start=[version.parameters for version in store.versions(spec.name)[:1]],
        )
        fitted = _tuned(search, trials, minutes, progress)
    intervals = _calibrated(fitted, learned, calibration)
    judged = evaluate(fitted.estimator, intervals, dataset.hold_out)
    labels = {
        "model": spec.name,
        **judged.metrics().labels(),
        "dataset": dataset.fingerprint,
        "rows": str(len(dataset.training)),
        "seed": str(seed),
        "origin": origin_of(spec, dataset.fingerprint, trials=trials, seed=seed) if minutes is None else "",
        "git_commit": _git_commit(),
        "flow_run": flow_run,
        **({MEMBERS: " ".join(fitted.members.values())} if fitted.members else {}),
    }
    out_of_fold = OutOfFold(learned["price"].to_numpy("float64"), fitted.out_of_fold)
    card = ModelCard(labels, fitted.parameters, judged, fitted.estimator, fitted.history, fitted.members)
    index = partial(save_index, dataset.training)
    plausible = PlausibleRanges.of(dataset.training)
    version = store.save(
        spec.name,
        fitted.estimator,
        dataset.training,
        labels,
        fitted.parameters,
        attachments=[each.save for each in (intervals, plausible, judged, out_of_fold, card)] + [index],
    )
    store.retire(spec.name, keep=settings().keep_versions)
    return version


def _tuned(search: Search, trials: int, minutes: float | None, progress: Progress) -> Fitted:
    tuned = search.run(trials, minutes=minutes, progress=progress)
    estimator = search.spec.build(tuned.best.parameters, search.seed)
    estimator.fit(search.stones, search.stones["price"].to_numpy("float64"))
    return Fitted(estimator, tuned.best.parameters, tuned.best.out_of_fold, tuned.history)


def _blended(spec: ModelSpec, fingerprint: str, learned: pd.DataFrame, seed: int) -> Fitted:
    price_usd = learned["price"].to_numpy("float64")
    versions = dict(_members(spec, fingerprint, price_usd))
    if len(versions) < 2:
        raise MissingMembers(
            f"Got {len(versions)} of {', '.join(spec.members)} trained on dataset {fingerprint}; "
            f"{spec.name} needs two or more: train them first."
        )
    ensemble = spec.build({}, seed)
    if not isinstance(ensemble, Ensemble):
        raise TypeError(f"Got {ensemble!r} from {spec.name}, which has members; expected an Ensemble.")
    out_of_fold = {name: OutOfFold.load(version.folder).predicted for name, version in versions.items()}
    ensemble.blend({name: store.load(version) for name, version in versions.items()}, out_of_fold, price_usd)
    weights = {name: weight for name, (weight, _) in ensemble.members_.items()}
    logs = [weight * np.log(out_of_fold[name]) for name, weight in weights.items()]
    members = {name: versions[name].tag for name in weights}
    return Fitted(ensemble, weights, np.exp(np.sum(logs, axis=0)), members=members)


def _members(spec: ModelSpec, fingerprint: str, price_usd: Prices) -> Iterator[tuple[str, Version]]:
    """The newest version of each member that learned from just these stones."""
    for name in spec.members:
        for version in store.versions(name):
            same = version.labels["dataset"] == fingerprint
            if same and np.array_equal(OutOfFold.load(version.folder).price, price_usd):
                yield name, version
                break


def _calibrated(fitted: Fitted, learned: pd.DataFrame, calibration: pd.DataFrame) -> Intervals:
    ratio = np.log(learned["price"].to_numpy("float64") / fitted.out_of_fold)
    return Intervals.fit(
        fitted.estimator,
        seen=(matrix_of(learned), ratio),
        calibration=(matrix_of(calibration), calibration["price"].to_numpy("float64")),
        coverage=settings().coverage,
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
