"""Accepts versions: only accepted ones quote for their model's name, start searches and join ensembles."""

from diamonds.versions import changes, store
from diamonds.versions.history import next_number
from diamonds.versions.integrity import check
from diamonds.versions.shared import decided_again
from diamonds.versions.version import ACCEPTED, Version


@decided_again
def accept(tag: str) -> Version:
    """Makes a version quote for its model's name; raises ``UnknownVersion`` and ``DamagedVersion``."""
    version = store.get(tag)
    with store.promoting(version):
        check(version)
        return changes.relabel(version, {ACCEPTED: acceptance_number(version.model)})


def acceptance_number(name: str) -> str:
    """The label of the next version of a model that is accepted."""
    return str(next_number(store.readable(name), ACCEPTED, len(store.unreadable(name))))
