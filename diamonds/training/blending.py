"""Blends the newest versions of other models into an ensemble, without training them again."""

from collections.abc import Iterator

import numpy as np

from diamonds.evaluation.out_of_fold import OutOfFold
from diamonds.models import ModelSpec, Prices
from diamonds.models.ensemble import Ensemble
from diamonds.training.fitted import Fitted
from diamonds.versions import store
from diamonds.versions.version import Version


class MissingMembers(RuntimeError):
    """An ensemble cannot be made of fewer than two models trained on the same stones."""


def blend(
    spec: ModelSpec,
    dataset_fingerprint: str,
    price_usd: Prices,
    seed: int,
    row_weight: Prices | None = None,
) -> Fitted:
    """An ensemble of the newest versions of its members that learned from the stones with these prices.

    ``row_weight`` says how much each stone counts.

    Raises ``MissingMembers``, and ``DamagedVersion`` for a member.
    """
    versions = dict(_members(spec, dataset_fingerprint, price_usd))
    if len(versions) < 2:
        raise MissingMembers(
            f"Got {len(versions)} of {', '.join(spec.members)} trained on dataset {dataset_fingerprint}; "
            f"{spec.name} needs two or more: train them first."
        )
    ensemble = spec.build({}, seed)
    if not isinstance(ensemble, Ensemble):
        raise TypeError(f"Got {ensemble!r} from {spec.name}, which has members; expected an Ensemble.")
    out_of_fold = {name: OutOfFold.load(version.folder).predicted for name, version in versions.items()}
    members = {name: store.load(version) for name, version in versions.items()}
    ensemble.blend(members, out_of_fold, price_usd, row_weight)
    blended = ensemble.blend_.of(out_of_fold)
    tags = {name: versions[name].tag for name in ensemble.members_}
    return Fitted(ensemble, ensemble.blend_.weights, blended, members=tags)


def _members(spec: ModelSpec, dataset_fingerprint: str, price_usd: Prices) -> Iterator[tuple[str, Version]]:
    """The newest trusted version of each member that learned from exactly these stones."""
    for name in spec.members:
        for version in store.versions(name):
            same = version.is_trusted and version.labels["dataset"] == dataset_fingerprint
            if same and np.array_equal(OutOfFold.load(version.folder).price, price_usd):
                yield name, version
                break
