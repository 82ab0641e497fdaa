"""Orders promotions and acceptances by their numbers, and finds promotions that no rollback took back."""

from collections.abc import Iterable, Sequence

from diamonds.versions.version import UNDOES, Version


def newest_first(versions: Iterable[Version], label: str) -> list[Version]:
    """The versions in the order of their numbers, not by a clock that may have been wrong.

    ``label`` has the number. Versions from before there were numbers are where their times place them; of the
    same time, as copies have, before those with one.
    """
    numbered, number = [], 0
    for version in sorted(versions, key=lambda version: (version.created_at, _number(version, label))):
        number = _number(version, label) or number
        numbered.append((number, version))
    return [version for _, version in sorted(numbered, key=lambda each: each[0])][::-1]


def next_number(versions: Iterable[Version], label: str, unreadable: int = 0) -> int:
    """A number above that of each version, also of those whose label cannot be read."""
    return max((_number(version, label) for version in versions), default=0) + unreadable + 1


def _number(version: Version, label: str) -> int:
    text = version.labels.get(label, "")
    return int(text) if text.isdecimal() else 0


def standing(history: Sequence[Version]) -> list[Version]:
    """The promotions that no rollback took back, oldest first: the last one made the present champion."""
    standing: list[Version] = []
    for promoted in reversed(history):
        if UNDOES in promoted.labels:
            _take_back(standing, promoted)
        else:
            standing.append(promoted)
    return standing


def _take_back(standing: list[Version], rollback: Version) -> None:
    """Removes what a rollback took back, which ends at the champion that it brought back."""
    came_back = rollback.labels["source"]
    if any(each.labels["source"] == came_back for each in standing[:-1]):
        standing.pop()
        while standing[-1].labels["source"] != came_back:
            standing.pop()
    else:  # that one cannot be read any more
        standing[:] = [*standing[:-1], rollback]
