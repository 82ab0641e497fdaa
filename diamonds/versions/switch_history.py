"""Stores the changes of the switches where all hosts see them, and reads them.

That is the shared model store where there is one, else the database that is configured, which several hosts
may share, and on one machine alone a file beside the model store.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from diamonds.database import DatabaseUnavailable
from diamonds.exchanges.database.switches import append_change, changes_newest_first
from diamonds.settings import settings
from diamonds.sharing.files import SharedFiles, StoreAway
from diamonds.sharing.log import contents_after, numbered
from diamonds.versions import append_only
from diamonds.versions.shared import check_present, is_shared, shared_files

_FILE, _FOLDER = "diamonds-switches.jsonl", "switches"
_ATTEMPTS = 10

_seen: dict[str, list[dict[str, Any]]] = {}
"""The changes in a shared model store, as far as this process has read them; none of them changes."""


class SwitchesAway(RuntimeError):
    """The place of the switches does not answer: nobody can see what is paused, nor change it."""


def append(change: Mapping[str, Any]) -> None:
    """Stores a change, whose values are those of JSON; raises ``SwitchesAway``."""
    with _errors():
        if is_shared():
            _share(shared_files(), json.dumps(dict(change)).encode())
        elif settings().database_url is not None:
            append_change(change)
        else:
            append_only.append(_FILE, change)


def newest_first() -> list[dict[str, Any]]:
    """Every change, newest first; raises ``SwitchesAway``."""
    with _errors():
        if is_shared():
            return _shared(shared_files())[::-1]
        if settings().database_url is not None:
            return changes_newest_first()
        return append_only.newest_first(_FILE)


def _share(files: SharedFiles, content: bytes) -> None:
    if files.read_only:
        raise SwitchesAway("The shared model store is read over HTTP and cannot be changed from here.")
    for _ in range(_ATTEMPTS):
        if files.create(numbered(_FOLDER, len(_shared(files)) + 1), content):
            return
    raise SwitchesAway("Other hosts changed the switches at the same time; try again.")


def _shared(files: SharedFiles) -> list[dict[str, Any]]:
    """The changes in the order of their numbers: of two hosts only one can write the same."""
    check_present(files)
    changes = _seen.setdefault(files.url, [])
    changes.extend(map(json.loads, contents_after(files, _FOLDER, len(changes))))
    return changes


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except StoreAway as error:
        raise SwitchesAway(str(error)) from error
    except (*DatabaseUnavailable, ConnectionError) as error:
        raise SwitchesAway(
            f"The database does not answer, or `diamonds migrate` did not run yet ({type(error).__name__})."
        ) from error
