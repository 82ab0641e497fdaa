"""Retires old versions and datasets, but none that quotes, or that what is stored was made from."""

from diamonds.versions import store
from diamonds.versions.changes import delete
from diamonds.versions.datasets import DATASET, learned_from
from diamonds.versions.version import MEMBERS


def retire(name: str, *, keep: int) -> list[str]:
    """Deletes old versions of model ``name`` and returns their tags.

    The newest ``keep`` stay, the one that was accepted last, and every version that was ever champion, with
    the members it was made of.
    """
    staying: set[str] = set()
    for champion in store.history():
        staying |= {champion.labels["source"], *champion.labels.get(MEMBERS, "").split()}
    versions = store.versions(name)
    staying |= {version.tag for version in store.accepted(name)[:1]}
    old = [version.tag for version in versions[keep:] if version.tag not in staying]
    for tag in old:
        delete(tag)
    return old


def retire_datasets(*, keep: int) -> list[str]:
    """Deletes old datasets and returns their tags.

    The newest ``keep`` stay, and every one that a version was trained on.
    """
    needed = learned_from()
    old = [each.tag for each in store.versions(DATASET)[keep:] if each.labels.get("dataset") not in needed]
    for tag in old:
        delete(tag)
    return old
