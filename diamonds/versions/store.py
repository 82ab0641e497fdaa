"""Versions of models in the BentoML model store: saved, listed, loaded and promoted to champion."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from diamonds.models import Estimator, Parameters, spec_named
from diamonds.versions import shared
from diamonds.versions.bentoml_store import Writer, folder_of, make, parsed, root
from diamonds.versions.entries import Unreadable, entries_in, read_entry
from diamonds.versions.history import newest_first, next_number, standing
from diamonds.versions.integrity import check, copy_checked, damage, write_manifest
from diamonds.versions.names import CHAMPION as CHAMPION
from diamonds.versions.names import CHAMPION_NAME as CHAMPION_NAME
from diamonds.versions.names import PREFIX as PREFIX
from diamonds.versions.version import ACCEPTED, PROMOTION, REQUEST, UNDOES, Version

if TYPE_CHECKING:
    import pandas as pd

_STONES = "training.parquet"
_LOCK = "diamonds-promotion.lock"


class UnknownVersion(LookupError):
    """The model store has no version of that tag."""


class NoChampion(LookupError):
    """No version has been promoted yet."""


def save(
    name: str,
    estimator: Estimator,
    training: "pd.DataFrame",
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

    return make(PREFIX + name, labels, write_all, parameters or {})


def versions(name: str) -> list[Version]:
    """The undamaged versions of model ``name``, newest first."""
    return [version for version in readable(name) if damage(version) is None]


def newest(name: str) -> Version | None:
    """The undamaged version of model ``name`` that was accepted last, or None."""
    return next((version for version in accepted(name) if damage(version) is None), None)


def newest_trusted(name: str) -> Version | None:
    """The newest undamaged version of model ``name`` that was trained here or accepted, or None."""
    return next((each for each in readable(name) if each.is_trusted and damage(each) is None), None)


def accepted(name: str) -> list[Version]:
    """The versions that may quote for a model's name, the last accepted first; some may be damaged."""
    return newest_first((version for version in readable(name) if version.is_accepted), ACCEPTED)


def readable(name: str) -> list[Version]:
    """The versions of ``name`` whose metadata can be read, newest first; their files may be damaged."""
    found = [each for each in entries(name) if isinstance(each, Version)]
    if name == CHAMPION_NAME:
        return newest_first(found, PROMOTION)
    return sorted(found, key=lambda version: version.created_at, reverse=True)


def unreadable(name: str) -> list[Unreadable]:
    """The entries of ``name`` whose metadata cannot be read."""
    return [each for each in entries(name) if isinstance(each, Unreadable)]


def names() -> list[str]:
    """The names of all entries of ours in the model store, without their prefix."""
    return sorted(path.name.removeprefix(PREFIX) for path in root().glob(f"{PREFIX}*") if path.is_dir())


def entries(name: str) -> Iterator[Version | Unreadable]:
    """All entries of ``name``, in no order."""
    return entries_in(root() / (PREFIX + name))


def get(tag: str) -> Version:
    """The version of that tag, such as ``diamonds-linear:latest``.

    Raises ``UnknownVersion``, and ``DamagedVersion`` when its metadata cannot be read. The model store may
    hold datasets and other projects' models, too; these are no versions.
    """
    try:
        name, number = parsed(tag)
    except ValueError as error:
        raise unknown_version(tag) from error
    version = _latest(name) if number is None else _with_tag(tag)
    if version is None:
        raise unknown_version(tag)
    if not {"model", "mae"} <= version.labels.keys():
        raise UnknownVersion(f"Got {tag!r}, which is in the model store but no version of a model.")
    return version


def unknown_version(tag: str) -> UnknownVersion:
    """The error for a tag that the model store does not have."""
    return UnknownVersion(f"Got version {tag!r}, which the model store does not have.")


def _latest(name: str) -> Version | None:
    if name == CHAMPION:
        return champion()
    return next(iter(versions(name.removeprefix(PREFIX))), None) if name.startswith(PREFIX) else None


def _with_tag(tag: str) -> Version | None:
    folder = folder_of(tag)
    return None if folder is None else read_entry(folder)


def load(version: Version) -> Estimator:
    """The fitted estimator of a version; raises ``DamagedVersion`` when a file was changed since."""
    check(version)
    return spec_named(version.model).load(version.folder)


def training_stones(version: Version) -> "pd.DataFrame":
    """The stones that a version was trained on, with all ten columns."""
    import pandas as pd

    return pd.read_parquet(version.folder / _STONES)


def champion() -> Version | None:
    """The version that quotes prices: the newest undamaged one of ``champions``, or None."""
    return next((version for version in champions() if damage(version) is None), None)


def champions() -> list[Version]:
    """The versions that may quote prices, the first that can: the champion, and those before it."""
    promoted = history()
    return list({version.tag: version for version in (*promoted[:1], *reversed(standing(promoted)))}.values())


def history() -> list[Version]:
    """Every version that was ever promoted, newest first: ``source`` is its tag, ``reason`` why.

    The files of some may be damaged.
    """
    return readable(CHAMPION_NAME)


@contextmanager
def promoting(version: Version) -> Iterator[None]:
    """Locks the model store that ``version`` is in against promotions by any other thread or process.

    Where several machines share it, what changes within the context is shared: raises ``shared.StoreAway``,
    or ``shared.Overtaken`` where another machine changed it first.
    """
    lock = _lock(version.folder.parents[2])
    outermost = not lock.is_locked
    with lock, shared.transaction() if outermost else nullcontext():
        yield


def synchronize() -> None:
    """Takes over what other machines changed, and shares what was saved here; see ``versions.shared``.

    Does nothing where the model store is not shared, or is being changed just now. Raises ``StoreAway``.
    """
    if shared.is_shared():
        with suppress(Timeout), _lock(root().parent).acquire(timeout=0):
            shared.synchronize()


@contextmanager
def locked() -> Iterator[None]:
    """Locks the model store here against promotions and sharing by any other thread or process."""
    with _lock(root().parent):
        yield


def _lock(home: Path) -> FileLock:
    return FileLock(home / _LOCK, is_singleton=True)


def promote(tag: str, reason: str, *, undoes: str | None = None, request_id: str | None = None) -> Version:
    """Copies version ``tag`` to a new version of the champion, with labels ``source`` and ``reason``.

    ``undoes`` labels a rollback with the tag of the champion that it replaces, ``request_id`` the promotion
    with the request for it. A former champion can be promoted too, also when the version it was copied from
    is gone. Raises ``UnknownVersion`` when there is no such version, ``DamagedVersion`` when its files
    changed.
    """
    source = get(tag)
    with promoting(source):
        number = next_number(history(), PROMOTION, len(unreadable(CHAMPION_NAME)))
        labels = {"source": source.tag, **source.labels, "reason": reason, PROMOTION: str(number)}
        labels.pop(ACCEPTED, None)  # it quotes, whatever its model's name means
        for label, value in ((UNDOES, undoes), (REQUEST, request_id)):
            labels.pop(label, None)  # a former champion's
            if value:
                labels[label] = value
        return make(CHAMPION, labels, partial(copy_checked, source), source.parameters)
