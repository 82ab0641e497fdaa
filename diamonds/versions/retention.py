"""Retires old versions of a model, but never one that quotes, or that a champion was made from."""

from diamonds.versions import store
from diamonds.versions.changes import delete
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
