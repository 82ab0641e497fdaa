"""Versions of models in the BentoML model store: saved, listed, loaded, promoted to champion, retired."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import cast

import bentoml
import pandas as pd
from bentoml._internal.configuration.containers import BentoMLContainer
from filelock import FileLock

from diamonds.models import Estimator, Parameters, spec_named
from diamonds.versions.integrity import check, copy_checked, write_manifest
from diamonds.versions.version import MEMBERS, REQUEST, UNDOES, Version

PREFIX = "diamonds-"
CHAMPION = "diamonds-champion"
_STONES = "training.parquet"
_LOCK = "diamonds-promotion.lock"

Writer = Callable[[Path], None]
"""Writes files into the folder of a new version."""


class UnknownVersion(LookupError):
    """The model store has no version of that tag."""


class VersionExists(ValueError):
    """The model store has a version of that tag already."""


class NoChampion(LookupError):
    """No version has been promoted yet."""


def save(
    name: str,
    estimator: Estimator,
    training: pd.DataFrame,
    labels: Mapping[str, str],
    parameters: Parameters,
    attachments: Sequence[Writer] = (),
) -> Version:
    """Saves a fitted estimator with the stones it was trained on as a new version of model ``name``.

    ``attachments`` write what else belongs to the version, in files of their own.
    """

    def write(folder: Path) -> None:
        training.to_parquet(folder / _STONES)
        for attachment in (estimator.save, *attachments):
            attachment(folder)

    return create(name, labels, write, parameters)


def create(
    name: str, labels: Mapping[str, str], write: Writer, parameters: Parameters | None = None
) -> Version:
    """Makes a new version of ``name`` from the files that ``write`` writes, with a manifest of them."""

    def write_all(folder: Path) -> None:
        write(folder)
        write_manifest(folder)

    return _created(PREFIX + name, labels, write_all, parameters or {})


def _created(name: str, labels: Mapping[str, str], write: Writer, parameters: Parameters) -> Version:
    with bentoml.models.create(name, labels=dict(labels), metadata=dict(parameters)) as entry:
        write(Path(entry.path))
    return _version(bentoml.models.get(entry.tag))  # `entry` still has the folder that it was written in


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
    complete = []
    for model_yaml in folder.glob("*/model.yaml"):
        with suppress(bentoml.exceptions.BentoMLException):  # it has just been deleted
            complete.append(_version(bentoml.models.get(f"{folder.name}:{model_yaml.parent.name}")))
    return sorted(complete, key=lambda version: version.created_at, reverse=True)


def get(tag: str) -> Version:
    """The version of that tag, such as ``diamonds-linear:latest``; raises ``UnknownVersion``.

    The model store may hold datasets and other projects' models, too; these are no versions.
    """
    try:
        version = _version(bentoml.models.get(tag))
    except (bentoml.exceptions.BentoMLException, ValueError) as error:  # ValueError: it can't be a tag
        raise UnknownVersion(f"Got version {tag!r}, which the model store does not have.") from error
    if not {"model", "mae"} <= version.labels.keys():
        raise UnknownVersion(f"Got {tag!r}, which is in the model store but no version of a model.")
    return version


def load(version: Version) -> Estimator:
    """The fitted estimator of a version; raises ``DamagedVersion`` when a file was changed since."""
    check(version)
    return spec_named(version.model).load(version.folder)


def training_stones(version: Version) -> pd.DataFrame:
    """The stones that a version was trained on, with all ten columns."""
    return pd.read_parquet(version.folder / _STONES)


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
    """Locks the model store that ``version`` is in against promotions by any other thread or process."""
    home = version.folder.parents[2]
    with FileLock(home / _LOCK, is_singleton=True):
        yield


def promote(tag: str, reason: str, *, undoes: str | None = None, request_id: str | None = None) -> Version:
    """Copies version ``tag`` to a new version of the champion, with labels ``source`` and ``reason``.

    ``undoes`` labels a rollback with the tag of the champion that it replaces, ``request_id`` the promotion
    with the request for it. A former champion can be promoted too, also when the version it was copied from
    is gone. Raises ``UnknownVersion`` when there is no such version, ``DamagedVersion`` when its files
    changed.
    """
    source = get(tag)
    labels = {"source": source.tag, **source.labels, "reason": reason}
    for label, value in ((UNDOES, undoes), (REQUEST, request_id)):
        labels.pop(label, None)  # a former champion's
        if value:
            labels[label] = value
    with promoting(source):
        return _created(CHAMPION, labels, partial(copy_checked, source), source.parameters)


def retire(name: str, *, keep: int) -> list[str]:
    """Deletes old versions of model ``name`` and returns their tags.

    The newest ``keep`` stay, and every version that was ever champion, with the members it was made of.
    """
    champions: set[str] = set()
    for version in history():
        champions |= {version.labels["source"], *version.labels.get(MEMBERS, "").split()}
    old = [version.tag for version in versions(name)[keep:] if version.tag not in champions]
    for tag in old:
        bentoml.models.delete(tag)
    return old


def _version(entry: bentoml.Model) -> Version:
    return Version(
        tag=str(entry.tag),
        created_at=entry.info.creation_time,
        labels=dict(entry.info.labels),
        parameters=cast(Parameters, dict(entry.info.metadata)),
        folder=Path(entry.path),
    )
