"""Names studies after all that the errors of their trials depend on, so that none is continued wrongly."""

import hashlib

import optuna
from optuna.distributions import BaseDistribution, distribution_to_json

from diamonds.models import ModelSpec
from diamonds.training.fingerprint import code_fingerprint

_CODE = ", code "


def study_name(spec: ModelSpec, dataset_fingerprint: str, seed: int) -> str:
    """The name of the study of a model on a dataset: another one after each change of code or search space.

    What earlier studies found is not lost: the parameters of the newest version are tried first, and the
    trials of the study before are taken over as hints; see ``former_trials``.
    """
    code = f"{code_fingerprint()[:12]}, space {space_fingerprint(spec)}"
    return f"{spec.name} on {dataset_fingerprint}, seed {seed}{_CODE}{code}"


def of_the_same_stones(study: str, other: str) -> bool:
    """Whether two studies of other code or search space are of the same model, dataset and seed."""
    return study != other and study.partition(_CODE)[0] == other.partition(_CODE)[0]


def space_fingerprint(spec: ModelSpec) -> str:
    """12 hexadecimal digits that depend on the names and ranges of the parameters that a search draws."""
    space = sorted((name, distribution_to_json(drawn)) for name, drawn in space_of(spec).items())
    return hashlib.sha256(repr(space).encode()).hexdigest()[:12]


def space_of(spec: ModelSpec) -> dict[str, BaseDistribution]:
    """The ranges of the parameters that a search draws, by name."""
    if spec.search is None:
        return {}
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # this study is none that anybody follows
    try:
        trial = optuna.create_study().ask()
    finally:
        optuna.logging.set_verbosity(verbosity)
    spec.search(trial)
    return trial.distributions
