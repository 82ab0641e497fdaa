"""Fingerprints of trainings: from equal data, model, budget, seed and code come equal versions."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from diamonds.dataset.market import Market
from diamonds.models import ModelSpec
from diamonds.settings import settings
from diamonds.training.budget import Budget
from diamonds.versions import store
from diamonds.versions.version import Version

LABEL = "origin"
"""Label of a version: its training fingerprint, or nothing where a repetition may give another version."""
_PACKAGE = Path(__file__).parents[1]
_WITHOUT_INFLUENCE = {
    "api",
    "cli",
    "doctor",
    "exchanges",
    "model_files",
    "monitoring",
    "prefect_api",
    "stack",
}
"""The rooms that a version does not depend on; any other that is added counts."""
_LIBRARIES = ("numpy", "optuna", "scikit-learn", "xgboost-cpu", "lightgbm", "catboost")


def training_fingerprint(spec: ModelSpec, dataset_fingerprint: str, *, trials: int, seed: int) -> str:
    """16 hexadecimal digits that depend on data, market, model, trials, seed and code.

    That of an ensemble depends on the newest versions of its members as well.
    """
    newest = [store.newest_trusted(name) for name in spec.members]
    members = [version.tag for version in newest if version]
    market, coverage = Market.of_settings(), settings().coverage
    parts = (spec.name, dataset_fingerprint, market, trials, seed, coverage, code_fingerprint(), *members)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def unchanged_version(spec: ModelSpec, dataset_fingerprint: str, budget: Budget) -> Version | None:
    """The newest version that a training would only repeat, or None.

    None also when the budget forces a training, or ends it by time, whose result cannot be known before.
    """
    if budget.force or budget.minutes is not None:
        return None
    fingerprint = training_fingerprint(spec, dataset_fingerprint, trials=budget.trials, seed=budget.seed)
    versions = store.versions(spec.name)
    return next((version for version in versions if version.labels.get(LABEL) == fingerprint), None)


def machine_fingerprint() -> str:
    """16 hexadecimal digits of what a training depends on besides its data, model, budget and seed."""
    parts = (Market.of_settings(), settings().coverage, code_fingerprint())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@cache
def code_fingerprint() -> str:
    """A hash of the modules that a training depends on and of the versions of the libraries."""
    digest = hashlib.sha256()
    for path in training_modules(_PACKAGE):
        digest.update(path.read_bytes())
    for library in _LIBRARIES:
        digest.update(f"{library} {_installed(library)}".encode())
    return digest.hexdigest()


def training_modules(package: Path) -> Iterator[Path]:
    """The modules of ``package``, the folder of ``diamonds``, that a training depends on."""
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] not in _WITHOUT_INFLUENCE:
            yield path


def _installed(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
