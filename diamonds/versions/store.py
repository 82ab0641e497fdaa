"""Versions of models in the BentoML model store, and which of them is the champion."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol, cast

import bentoml
import pandas as pd
from bentoml._internal.configuration.containers import BentoMLContainer
from filelock import FileLock

from diamonds.dataset import Dataset, load_from, report_in, save_to
from diamonds.models import Estimator, Parameters, UnknownModel, spec_named
from diamonds.pricing.similar import save_index

PREFIX = "diamonds-"
CHAMPION = "diamonds-champion"
UNDOES = "undoes"
"""Label of a champion that a rollback brought back: the tag of the one that it took back."""
DATASET = "dataset"
MEMBERS = "members"
"""Label of an ensemble's version: the tags of the versions that it was made of."""
MANIFEST = "manifest.json"
"""Names every file of a version with its SHA-256, but itself and BentoML's ``model.yaml``."""
_STONES = "training.parquet"
_LOCK = "diamonds-promotion.lock"


class DamagedVersion(RuntimeError):
    """A file of a stored version is not what was saved."""


class VersionExists(ValueError):
    """The model store has a version of that tag already."""


class UnknownDataset(LookupError):
    """No dataset of that fingerprint is stored."""


class NoChampion(LookupError):
    """No version has been promoted yet."""


class Saved(Protocol):
    """What is kept with a version, in files of its own."""

    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True, slots=True)
class Version:
    """One entry of the model store; ``labels`` carry its metrics and lineage as strings."""

    tag: str
    created_at: datetime
    labels: dict[str, str]
    parameters: Parameters
    folder: Path

    @property
    def model(self) -> str:
        return self.labels["model"]

    @property
    def mae_usd(self) -> float:
        return float(self.labels["mae"])


def save(
    name: str,
    estimator: Estimator,
    training: pd.DataFrame,
    labels: Mapping[str, str],
    parameters: Parameters,
    attachments: Sequence[Saved] = (),
) -> Version:
    """Saves a fitted estimator with the stones it was trained on as a new version of model ``name``."""
    with bentoml.models.create(PREFIX + name, labels=dict(labels), metadata=dict(parameters)) as entry:
        folder = Path(entry.path)
        estimator.save(folder)
        training.to_parquet(folder / _STONES)
        save_index(training, folder)
        for attachment in attachments:
            attachment.save(folder)
        _write_manifest(folder)
    return get(str(entry.tag))  # `entry` still names the folder that it was written in


def add(tag: str, folder: Path) -> Version:
    """Puts version ``tag``, whose files are in ``folder`` as BentoML exports them, into the model store.

    Raises ``VersionExists``. Nothing is checked: see ``diamonds.model_files``.
    """
    try:
        return _version(bentoml.models.import_model(str(folder), "folder"))
    except bentoml.exceptions.BentoMLException as error:
        raise VersionExists(f"The model store has {tag} already.") from error


def versions(name: str) -> list[Version]:
    """The versions of model ``name``, newest first."""
    # BentoML's own list fails while a version is being saved or deleted, and for ever where that was cut off.
    folder = BentoMLContainer.model_store.get()._path / (PREFIX + name)
    found = []
    for description in folder.glob("*/model.yaml"):
        with suppress(bentoml.exceptions.BentoMLException):  # it has just been deleted
            found.append(_version(bentoml.models.get(f"{folder.name}:{description.parent.name}")))
    return sorted(found, key=lambda version: version.created_at, reverse=True)


def champion() -> Version | None:
    """The version that quotes prices: the newest of ``diamonds-champion``, or None."""
    try:
        return _version(bentoml.models.get(CHAMPION))
    except bentoml.exceptions.BentoMLException:
        # BentoML's note of the newest version is empty for an instant while it is written.
        return next(iter(history()), None)


def history() -> list[Version]:
    """Every version that was ever promoted, newest first: ``source`` is its tag, ``reason`` why."""
    return versions(CHAMPION.removeprefix(PREFIX))


@contextmanager
def promoting(version: Version) -> Iterator[None]:
    """Keeps every other promotion in the model store that ``version`` is in waiting, in whatever process."""
    home = version.folder.parents[2]
    with FileLock(home / _LOCK, is_singleton=True):
        yield


def promote(tag: str, reason: str, *, undoes: str | None = None) -> Version:
    """Copies version ``tag`` to a new version of the champion, with labels ``source`` and ``reason``.

    ``undoes`` labels a rollback with the tag of the champion that it takes back. A champion of before can be
    promoted too, also when the version it was copied from is gone. Raises ``UnknownModel`` when there is no
    such version, ``DamagedVersion`` when its files changed.
    """
    source = get(tag)
    check(source)
    labels = {"source": source.tag, **source.labels, "reason": reason}
    labels.pop(UNDOES, None)
    if undoes:
        labels[UNDOES] = undoes
    with (
        promoting(source),
        bentoml.models.create(CHAMPION, labels=labels, metadata=dict(source.parameters)) as entry,
    ):
        shutil.copytree(source.folder, entry.path, dirs_exist_ok=True, ignore=_BENTOML_FILES)
    return get(str(entry.tag))


def retire(name: str, *, keep: int) -> list[str]:
    """Deletes old versions of model ``name`` and gives their tags.

    Kept are the newest ``keep``, and every version that was ever champion, with those it was made of.
    """
    kept: set[str] = set()
    for version in history():
        kept |= {version.labels["source"], *version.labels.get(MEMBERS, "").split()}
    old = [version.tag for version in versions(name)[keep:] if version.tag not in kept]
    for tag in old:
        bentoml.models.delete(tag)
    return old


_BENTOML_FILES = shutil.ignore_patterns("model.yaml")


def get(tag: str) -> Version:
    """The version of that tag, such as ``diamonds-linear:latest``; raises ``UnknownModel``.

    The model store may hold datasets and other projects' models, too; these are no versions.
    """
    try:
        found = _version(bentoml.models.get(tag))
    except (bentoml.exceptions.BentoMLException, ValueError) as error:  # ValueError: it can't be a tag
        raise UnknownModel(f"Got version {tag!r}, which the model store does not have.") from error
    if not {"model", "mae"} <= found.labels.keys():
        raise UnknownModel(f"Got {tag!r}, which is in the model store but no version of a model.")
    return found


def load(version: Version) -> Estimator:
    """The fitted estimator of a version; raises ``DamagedVersion`` when a file was changed since."""
    check(version)
    return spec_named(version.model).load(version.folder)


def training_stones(version: Version) -> pd.DataFrame:
    """The stones that a version was trained on, with all ten columns."""
    return pd.read_parquet(version.folder / _STONES)


def save_dataset(dataset: Dataset) -> Version:
    """The stored version of a dataset, which is saved unless its stones are stored already.

    What is saved tells in its report what changed since the dataset saved before.
    """
    if stored := dataset_version(dataset.fingerprint):
        return stored
    previous = versions(DATASET)[:1]
    report = dataset.report.compared_with(report_in(previous[0].folder) if previous else None)
    labels = {"model": DATASET, "dataset": dataset.fingerprint, "rows": str(dataset.report.kept)}
    with bentoml.models.create(PREFIX + DATASET, labels=labels) as entry:
        save_to(Path(entry.path), replace(dataset, report=report))
        _write_manifest(Path(entry.path))
    return _version(bentoml.models.get(entry.tag))


def dataset_version(fingerprint: str) -> Version | None:
    """The stored version of the dataset of that fingerprint, or None."""
    found = (version for version in versions(DATASET) if version.labels["dataset"] == fingerprint)
    return next(found, None)


def load_stored_dataset(fingerprint: str) -> Dataset:
    """The dataset of that fingerprint as it was saved; raises ``UnknownDataset`` or ``DamagedVersion``."""
    stored = dataset_version(fingerprint)
    if stored is None:
        raise UnknownDataset(f"Got dataset {fingerprint!r}, which the model store does not have.")
    check(stored)
    return load_from(stored.folder)


def check(version: Version) -> None:
    """Raises ``DamagedVersion``, naming the file, unless all files are those that were saved."""
    for name, expected in json.loads((version.folder / MANIFEST).read_text()).items():
        path = version.folder / name
        if not path.is_file() or _sha256(path) != expected:
            raise DamagedVersion(f"{name} of {version.tag} is missing or not the file that was saved.")


def _write_manifest(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
    (folder / MANIFEST).write_text(json.dumps(hashes, indent=2))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(entry: bentoml.Model) -> Version:
    return Version(
        tag=str(entry.tag),
        created_at=entry.info.creation_time,
        labels=dict(entry.info.labels),
        parameters=cast(Parameters, dict(entry.info.metadata)),
        folder=Path(entry.path),
    )
