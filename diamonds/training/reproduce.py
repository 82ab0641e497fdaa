"""Trains a stored version again from the dataset, parameters and seed that it names, and compares the two."""

import tempfile
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path

import numpy as np
import pandas as pd

from diamonds.dataset import without_calibration
from diamonds.evaluation.out_of_fold import OutOfFold
from diamonds.models import Estimator, spec_named
from diamonds.models.ensemble import Ensemble
from diamonds.models.spec import weight_of
from diamonds.versions import datasets, store
from diamonds.versions.version import MEMBERS, Version


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A version and its twin: ``largest_difference_usd`` is between their prices of any stone of the dataset.

    ``different`` names those of the estimator's ``files`` that are not equal to the byte. Some formats
    (CatBoost's, skops') note when and where they were written, so equal twins may differ there.
    """

    tag: str
    stones: int
    files: tuple[str, ...]
    different: tuple[str, ...]
    largest_difference_usd: float

    @property
    def exact(self) -> bool:
        """Whether the twin gives the same prices bit for bit."""
        return self.largest_difference_usd == 0


def reproduce(tag: str) -> Reproduction:
    """Trains version ``tag`` again and compares; saves nothing.

    Raises ``UnknownVersion``, ``UnknownDataset`` when its dataset is not stored any more, and
    ``DamagedVersion``.
    """
    version = store.get(tag)
    dataset = datasets.load(version.labels["dataset"])
    learned, _ = without_calibration(dataset.training)
    twin = _trained_again(version, learned)
    stones = pd.concat([dataset.training, dataset.hold_out], ignore_index=True)
    difference = np.abs(twin.predict(stones) - store.load(version).predict(stones))
    files, different = _compared(twin, version.folder)
    return Reproduction(version.tag, len(stones), files, different, float(difference.max()))


def _trained_again(version: Version, learned: pd.DataFrame) -> Estimator:
    price_usd = learned["price"].to_numpy("float64")
    estimator = spec_named(version.model).build(version.parameters, int(version.labels["seed"]))
    if not isinstance(estimator, Ensemble):
        return estimator.fit(learned, price_usd)
    members = {each.model: each for each in map(store.get, version.labels[MEMBERS].split())}
    return estimator.blend(
        {name: _trained_again(member, learned) for name, member in members.items()},
        {name: OutOfFold.load(member.folder).predicted for name, member in members.items()},
        price_usd,
        weight_of(learned),
    )


def _compared(twin: Estimator, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of all files of an estimator, and of those that are not the same in ``folder``."""
    with tempfile.TemporaryDirectory() as place:
        saved = Path(place)
        twin.save(saved)
        files = sorted(path.relative_to(saved) for path in saved.rglob("*") if path.is_file())
        different = [file for file in files if not _same(saved / file, folder / file)]
    return tuple(map(str, files)), tuple(map(str, different))


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and cmp(one, other, shallow=False)
