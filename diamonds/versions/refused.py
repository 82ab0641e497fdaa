"""Lists the damaged entries of the model store, each with what is wrong and how to heal it."""

from collections.abc import Iterator
from dataclasses import dataclass

from diamonds.versions import store
from diamonds.versions.datasets import DATASET
from diamonds.versions.entries import Unreadable
from diamonds.versions.integrity import damage
from diamonds.versions.version import Version


@dataclass(frozen=True, slots=True)
class Refused:
    """A damaged version, which is used for nothing; ``remedy`` is what to do about it."""

    tag: str
    reason: str
    remedy: str


def refused_versions() -> list[Refused]:
    """All damaged versions and datasets of the model store."""
    return [refused for name in store.names() for refused in refused_of(name)]


def refused_of(name: str) -> list[Refused]:
    """The damaged entries of one name: first those that cannot even be listed, then the newest."""
    unreadable = [Refused(each.tag, each.reason, _remedy(name, each)) for each in store.unreadable(name)]
    return [*unreadable, *_damaged(name)]


def _damaged(name: str) -> Iterator[Refused]:
    for version in store.readable(name):
        if reason := damage(version):
            yield Refused(version.tag, reason, _remedy(name, version))


def _remedy(name: str, entry: Version | Unreadable) -> str:
    delete = f"or delete it with `diamonds delete {entry.tag}`."
    if name == store.CHAMPION_NAME:
        source = entry.labels.get("source") if isinstance(entry, Version) else None
        again = f"Promote {source} again" if source else "Promote a version again"
        return f"{again} with `diamonds promote {source or 'TAG'} --force`, {delete}"
    if name == DATASET:
        return f"Load the data again with `diamonds train`, {delete}"
    return f"Import it again with `diamonds import-version FILE`, train again with `diamonds train`, {delete}"
