"""Keeps the model store here the same as the one that several machines share (``DIAMONDS_MODEL_STORE_URL``).

Each change of what is shared is the next entry of its log, which only one machine can write. Who comes second
undoes what it changed here, takes over what the first one changed, and decides again.
"""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from diamonds.settings import settings
from diamonds.sharing.files import SharedFiles, StoreAway
from diamonds.sharing.log import Entry, Saved, Shared, append, entries_after, has_entry
from diamonds.versions import shared_state
from diamonds.versions.deduplication import deduplicate
from diamonds.versions.mirror import (
    blob,
    folder_of,
    remove_here,
    restore,
    state_here,
    take_over,
    versions_here,
)

P = ParamSpec("P")
T = TypeVar("T")

_ATTEMPTS = 10
_SECONDS_BETWEEN_CHECKS = 5.0

log = logging.getLogger(__name__)

_in_step: set[object] = set()
"""What was here and shared when this process last saw that they are the same."""
_seen: dict[str, float] = {}
"""When the newest entry was last seen at a URL, by the clock of this process."""


class Overtaken(RuntimeError):
    """Another machine changed the shared model store at the same time."""


def is_shared() -> bool:
    """Whether several machines share the model store."""
    return settings().model_store_url is not None


def decided_again(function: Callable[P, T]) -> Callable[P, T]:
    """A function that is called again where another machine was first, with what that one changed."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(_ATTEMPTS - 1):
            try:
                return function(*args, **kwargs)
            except Overtaken:
                log.info("Another machine changed the shared model store first; deciding again")
        return function(*args, **kwargs)

    return call


@contextmanager
def transaction() -> Iterator[None]:
    """Shares what changes within the context, which begins with what is shared; the caller holds the lock.

    What changed here is undone where it cannot be shared: raises ``StoreAway`` or ``Overtaken``.
    """
    if not is_shared():
        yield
        return
    files = shared_files()
    if files.read_only:
        raise StoreAway("The shared model store is read over HTTP and cannot be changed from here.")
    before = _pulled(files)
    _check_not_lost(files, before.number)
    if before.number:
        restore(before)
    undone = before.number > 0  # while nothing is shared, what is here stays
    try:
        yield
        _push(files, before)
        undone = False
    except Overtaken:
        undone = True
        raise
    finally:
        if undone:
            restore(before)


def synchronize() -> None:
    """Takes over what others changed, and shares what was saved here; the caller holds the lock.

    Promotions and labels that are only here are undone, unless nothing is shared yet. Raises ``StoreAway``.
    """
    files = shared_files()
    before = _pulled(files)
    state = (files.url, before.number, state_here(), tuple(shared_state.deleted()))
    if state in _in_step:
        _check_not_lost(files, before.number, since_seconds=_SECONDS_BETWEEN_CHECKS)
        return
    _check_not_lost(files, before.number)
    if before.number:
        restore(before)
    if not files.read_only:
        try:
            _push(files, before)
        except Overtaken:
            log.info("Another machine changed the shared model store first; sharing at the next time")
            return
    _in_step.clear()
    _in_step.add(state)


def note_deleted(tag: str) -> None:
    """Notes that a version was deleted here, so that it is deleted everywhere; the caller holds the lock."""
    if is_shared():
        shared_state.note_deleted(tag)


def shared_files() -> SharedFiles:
    """The files of the shared model store; raises ``StoreAway``."""
    return SharedFiles.at(str(settings().model_store_url))


def check_present(files: SharedFiles) -> None:
    """Raises ``StoreAway`` where what was shared before is gone, as from a folder that is not mounted."""
    _check_not_lost(files, shared_state.read(files.url).number)


def _pulled(files: SharedFiles) -> Shared:
    """What is shared now, all of which is here now."""
    shared = before = shared_state.read(files.url)
    for entry in entries_after(files, shared.number):
        shared = shared.after(entry)
    tags = shared.versions.keys() - set(shared_state.deleted())
    if shared is not before or any(not folder_of(tag).exists() for tag in tags):
        for tag in before.versions.keys() - shared.versions.keys():
            remove_here(tag)
        take_over(files, shared, tags)
        shared_state.write(shared)
        deduplicate()
    return shared


def _check_not_lost(files: SharedFiles, number: int, *, since_seconds: float = 0) -> None:
    """Raises ``StoreAway`` where the newest entry is gone, as in a folder that is not mounted.

    Does nothing where that was looked at not so long ago.
    """
    now = time.monotonic()
    if number and now - _seen.get(files.url, -math.inf) >= since_seconds:
        if not has_entry(files, number):
            raise StoreAway(f"The shared model store has lost its entry {number}; is it mounted?")
        _seen[files.url] = now


def _push(files: SharedFiles, before: Shared) -> None:
    """Shares what is here and not in ``before``; raises ``Overtaken`` where there is a newer entry."""
    saved = {tag: each for tag, each in versions_here() if before.versions.get(tag) != each}
    deleted = tuple(tag for tag in shared_state.deleted() if tag in before.versions and tag not in saved)
    if saved or deleted:
        _check_create(files)
        files.upload_all(dict(_new_files(saved, before)))
        entry = Entry(number=before.number + 1, saved=saved, deleted=deleted)
        if not append(files, entry):
            raise Overtaken("Another machine changed the shared model store at the same time; try again.")
        shared_state.write(before.after(entry))
    shared_state.forget_deleted()


@cache
def _check_create(files: SharedFiles) -> None:
    files.check_create()


def _new_files(saved: Mapping[str, Saved], before: Shared) -> Iterator[tuple[str, Path]]:
    """The names under which files are shared that no entry has named yet, with where they are."""
    present = {sha256 for each in before.versions.values() for sha256 in each.files.values()}
    for tag, each in saved.items():
        for name, sha256 in each.files.items():
            if sha256 not in present:
                yield blob(sha256), folder_of(tag) / name
