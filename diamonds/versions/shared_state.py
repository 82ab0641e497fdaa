"""What this machine knows of the shared model store, and has deleted there, in files beside its own."""

import json
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from diamonds.sharing.log import Shared
from diamonds.versions.bentoml_store import root
from diamonds.versions.files import replace

_STATE = "diamonds-shared.json"
_DELETED = "diamonds-deleted.json"


def read(url: str) -> Shared:
    """What was shared at a URL when this machine last looked; nothing where it never did."""
    try:
        found = _place(_STATE).stat()
        known = _read(_place(_STATE), (found.st_ino, found.st_mtime_ns, found.st_size))
    except (FileNotFoundError, ValidationError):
        return Shared(url=url)
    return known if known.url == url else Shared(url=url)


@lru_cache(maxsize=1)
def _read(path: Path, _signature: tuple[int, ...]) -> Shared:
    """The content of the file, which is large after many promotions; ``_signature`` changes when it does."""
    return Shared.model_validate_json(path.read_bytes())


def write(shared: Shared) -> None:
    """Notes what is shared."""
    replace(_place(_STATE), shared.model_dump_json())


def deleted() -> list[str]:
    """The tags of versions that were deleted here, and not yet everywhere."""
    try:
        return list(json.loads(_place(_DELETED).read_bytes()))
    except (FileNotFoundError, ValueError):
        return []


def note_deleted(tag: str) -> None:
    """Notes that a version was deleted here."""
    replace(_place(_DELETED), json.dumps(sorted({tag, *deleted()})))


def forget_deleted() -> None:
    """Notes that everybody knows of what was deleted here."""
    replace(_place(_DELETED), "[]")


def _place(name: str) -> Path:
    return root().parent / name
