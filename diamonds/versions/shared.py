"""Keeps the model store here the same as the one that several machines share (``DIAMONDS_MODEL_STORE_URL``).

Each change of what is shared is the next entry of its log, which only one machine can write. Who comes second
undoes what it changed here, takes over what the first one changed, and decides again.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from pydantic import ValidationError

from diamonds.settings import settings
from diamonds.sharing.files import SharedFiles, StoreAway
from diamonds.sharing.log import Entry, Shared, append, read_entry
from diamonds.versions.bentoml_store import root
from diamonds.versions.deduplication import deduplicate
from diamonds.versions.files import replace
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

_STATE = "diamonds-shared.json"
_DELETED = "diamonds-deleted.json"
_ATTEMPTS = 10

log = logging.getLogger(__name__)

_in_step: set[object] = set()
"""What was here and shared when this process last saw that they are the same."""


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
    state = (files.url, before.number, state_here(), tuple(_deleted()))
    if state in _in_step:
        return
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
        _write(_DELETED, json.dumps(sorted({tag, *_deleted()})))


def shared_files() -> SharedFiles:
    """The files of the shared model store; raises ``StoreAway``."""
    return SharedFiles.at(str(settings().model_store_url))


def check_present(files: SharedFiles) -> None:
    """Raises ``StoreAway`` where what was shared before is gone, as from a folder that is not mounted."""
    _check_present(files, _known(files.url))


def _check_present(files: SharedFiles, before: Shared) -> None:
    if before.number and read_entry(files, before.number) is None:
        raise StoreAway(f"The shared model store has lost its entry {before.number}; is it mounted?")


def _pulled(files: SharedFiles) -> Shared:
    """What is shared now, all of which is here now."""
    shared = before = _known(files.url)
    while entry := read_entry(files, shared.number + 1):
        shared = shared.after(entry)
    if shared is before:
        _check_present(files, before)
    missing = [tag for tag in shared.versions if not folder_of(tag).exists()]
    if shared.number > before.number or missing:
        for tag in before.versions.keys() - shared.versions.keys():
            remove_here(tag)
        for tag in shared.versions.keys() - set(_deleted()):
            take_over(files, shared, tag)
        _write(_STATE, shared.model_dump_json())
        deduplicate()
    return shared


def _push(files: SharedFiles, before: Shared) -> None:
    """Shares what is here and not in ``before``; raises ``Overtaken`` where there is a newer entry."""
    saved = {tag: each for tag, each in versions_here() if before.versions.get(tag) != each}
    deleted = tuple(tag for tag in _deleted() if tag in before.versions and tag not in saved)
    if saved or deleted:
        for tag, each in saved.items():
            for name, sha256 in each.files.items():
                files.upload(blob(sha256), folder_of(tag) / name)
        entry = Entry(number=before.number + 1, saved=saved, deleted=deleted)
        if not append(files, entry):
            raise Overtaken("Another machine changed the shared model store at the same time; try again.")
        _write(_STATE, before.after(entry).model_dump_json())
    _write(_DELETED, "[]")


def _known(url: str) -> Shared:
    """What was shared when this machine last looked."""
    try:
        known = Shared.model_validate_json(_place(_STATE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return Shared(url=url)
    return known if known.url == url else Shared(url=url)


def _deleted() -> list[str]:
    try:
        return list(json.loads(_place(_DELETED).read_bytes()))
    except (FileNotFoundError, ValueError):
        return []


def _write(name: str, text: str) -> None:
    replace(_place(name), text)


def _place(name: str) -> Path:
    return root().parent / name
