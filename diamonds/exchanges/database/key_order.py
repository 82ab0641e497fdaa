"""Saves the order of the keys in a JSON value, and restores it, for JSONB does not preserve it."""

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any


def key_order(value: Any) -> list[str] | None:
    """All names of keys, in an order that each object of the value has; None where its objects contradict."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for names in dict.fromkeys(_objects(value)):
        for name in names[:1]:
            sorter.add(name)
        for before, after in pairwise(names):
            sorter.add(after, before)
    try:
        return list(sorter.static_order())
    except CycleError:
        return None


def in_key_order(value: Any, order: Sequence[str]) -> Any:
    """The value with the keys of each object in that order."""
    return _sorted(value, {name: place for place, name in enumerate(order)})


def _objects(value: Any) -> Iterator[tuple[str, ...]]:
    """The names of each object in a value."""
    if isinstance(value, dict):
        yield tuple(value)
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _objects(item)


def _sorted(value: Any, places: dict[str, int]) -> Any:
    if isinstance(value, list):
        return [_sorted(item, places) for item in value]
    if isinstance(value, dict):
        return {name: _sorted(value[name], places) for name in sorted(value, key=places.__getitem__)}
    return value
