"""Saves, finds and loads datasets in the model store, each once, as a version of ``diamonds-dataset``."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from diamonds.versions import store
from diamonds.versions.changes import relabel
from diamonds.versions.integrity import DamagedVersion, damage
from diamonds.versions.names import DATASET as DATASET
from diamonds.versions.version import Version

if TYPE_CHECKING:
    from diamonds.dataset import Dataset

SOURCES = "sources"
"""Label of a dataset: the other places where the same stones were read from, as JSON."""


_REFERENCE = "dataset:"


class UnknownDataset(LookupError):
    """No dataset of that fingerprint is stored."""


def save(dataset: "Dataset") -> Version:
    """The stored version of a dataset, which is saved unless its stones are stored already.

    The report that is saved with it lists what changed since the dataset saved before.
    """
    with suppress(DamagedVersion):
        if stored := find(dataset.fingerprint):
            return _read_from(dataset.report.source, stored)
    from diamonds.dataset import report_in, save_to

    previous = store.versions(DATASET)[:1]
    report = dataset.report.compared_with(report_in(previous[0].folder) if previous else None)
    labels = {"model": DATASET, "dataset": dataset.fingerprint, "rows": str(dataset.report.kept)}
    return store.create(DATASET, labels, lambda folder: save_to(folder, replace(dataset, report=report)))


def _read_from(source: str, stored: Version) -> Version:
    """The stored dataset, with a note that the same stones were read from ``source``."""
    sources = sources_of(stored)
    if source in sources:
        return stored
    return relabel(stored, {SOURCES: json.dumps([*sources[1:], source])})


def sources_of(stored: Version) -> list[str]:
    """Every place where the stones of a dataset were read from, the first place first."""
    from diamonds.dataset import report_in

    return [report_in(stored.folder).source, *json.loads(stored.labels.get(SOURCES, "[]"))]


def find(fingerprint: str) -> Version | None:
    """The stored version of the dataset of that fingerprint, or None; raises ``DamagedVersion``."""
    stored = [each for each in store.readable(DATASET) if _has(each, fingerprint)]
    whole = next((each for each in stored if damage(each) is None), None)
    if stored and whole is None:
        raise DamagedVersion(str(damage(stored[0])))
    return whole


def reference_to(fingerprint: str) -> str:
    """What stands for a stored dataset where the source of a training's data is named."""
    return _REFERENCE + fingerprint


def referenced(data: str) -> str | None:
    """The fingerprint of the stored dataset that ``data`` stands for; None if it is another source."""
    return data.removeprefix(_REFERENCE) if data.startswith(_REFERENCE) else None


def learned_from() -> set[str | None]:
    """The fingerprints of the datasets that stored versions learned from; None of one that does not say."""
    models = [name for name in store.names() if name != DATASET]
    return {version.labels.get("dataset") for name in models for version in store.readable(name)}


def first_read_on(fingerprint: str) -> date | None:
    """The day, in UTC, on which these stones were stored; None where they are not."""
    days = [each.created_at.date() for each in store.readable(DATASET) if _has(each, fingerprint)]
    return min(days, default=None)


def _has(stored: Version, fingerprint: str) -> bool:
    return stored.labels.get("dataset") == fingerprint


def load(fingerprint: str) -> "Dataset":
    """The dataset of that fingerprint as it was saved; raises ``UnknownDataset`` or ``DamagedVersion``."""
    stored = find(fingerprint)
    if stored is None:
        raise UnknownDataset(f"Got dataset {fingerprint!r}, which the model store does not have.")
    from diamonds.dataset import load_from

    return load_from(stored.folder)
