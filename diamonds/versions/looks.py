"""Counts the looks at challengers of one version, which the gate makes pay for trying again and again."""

from diamonds.models import REGISTRY
from diamonds.versions import store
from diamonds.versions.changes import relabel
from diamonds.versions.version import Version

LOOKS = "looks"
"""Label of a version: those that it met, each with the number of that look (``TAG=NUMBER``)."""


def look_at(champion: Version, challenger: Version) -> int:
    """The number of this look, from 1; the same two meeting again is no further one."""
    looks = {version.tag: _looks(version).get(champion.source_tag, 0) for version in _all()}
    return looks.get(challenger.tag) or max(looks.values(), default=0) + 1


def note_look(champion: Version, challenger: Version) -> Version:
    """The challenger with a label that it met the champion."""
    looks = {**_looks(challenger), champion.source_tag: look_at(champion, challenger)}
    return relabel(challenger, {LOOKS: " ".join(f"{tag}={look}" for tag, look in looks.items())})


def _all() -> list[Version]:
    names = [*REGISTRY, store.CHAMPION_NAME]
    return [version for name in names for version in store.readable(name)]


def _looks(version: Version) -> dict[str, int]:
    pairs = (pair.partition("=") for pair in version.labels.get(LOOKS, "").split())
    return {tag: int(look) for tag, _, look in pairs if look.isdecimal()}
