"""Names studies after all that the errors of their trials depend on, so that none is continued wrongly."""

import hashlib

import optuna
from optuna.distributions import distribution_to_json

from diamonds.models import ModelSpec
from diamonds.training.fingerprint import code_fingerprint


def study_name(spec: ModelSpec, dataset_fingerprint: str, seed: int) -> str:
    """The name of the study of a model on a dataset: another one after each change of code or search space.

    What earlier studies found is not lost: the parameters of the newest version are tried first.
    """
    code = f"code {code_fingerprint()[:12]}, space {space_fingerprint(spec)}"
    return f"{spec.name} on {dataset_fingerprint}, seed {seed}, {code}"


def space_fingerprint(spec: ModelSpec) -> str:
    """12 hexadecimal digits that depend on the names and ranges of the parameters that a search draws."""
    trial = optuna.create_study().ask()
    if spec.search is not None:
        spec.search(trial)
    space = sorted((name, distribution_to_json(each)) for name, each in trial.distributions.items())
    return hashlib.sha256(repr(space).encode()).hexdigest()[:12]
