"""Counts the looks at challengers of one champion, which the gate makes pay for trying again and again."""

from diamonds.models import REGISTRY
from diamonds.versions import store
from diamonds.versions.version import Version

OPPONENT = "judged_against"
"""Label of a version: the tag of the one that it met last."""
LOOK = "look"
"""Label of a version: which look at a challenger of that one it was, from 1."""


def look_at(champion: Version, challenger: Version) -> int:
    """The number of this look; the same two meeting again is no further one."""
    opponent = champion.labels.get("source", champion.tag)
    looks = {version.tag: _look(version) for version in _all() if version.labels.get(OPPONENT) == opponent}
    return looks.get(challenger.tag) or max(looks.values(), default=0) + 1


def _all() -> list[Version]:
    names = [*REGISTRY, store.CHAMPION.removeprefix(store.PREFIX)]
    return [version for name in names for version in store.readable(name)]


def _look(version: Version) -> int:
    text = version.labels.get(LOOK, "")
    return int(text) if text.isdecimal() else 0
