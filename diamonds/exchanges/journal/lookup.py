"""Searches the journals of this machine for an exchange that may not have been shipped yet."""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from diamonds.settings import settings

MAX_SEARCHED_BYTES = 64 * 1024 * 1024
_IDS = re.compile(rb',"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",')


def may_be_unshipped(id: UUID) -> bool:  # noqa: A002 - the column's name
    """Whether a journal of this machine contains the exchange, or the journals are too long to search.

    True is no promise: what reached the database a moment ago may still be in its journal.
    """
    segments = list(_segments())
    if sum(size for _, size in segments) > MAX_SEARCHED_BYTES:
        return True
    # As an id stands among a frame's fields; one that a body mentions comes after a colon.
    field = b',"%s",' % str(id).encode()
    return any(field in _content(path) for path, _ in segments)


def unshipped_among(ids: Collection[UUID]) -> set[UUID]:
    """Those of the exchanges that may be unshipped; as ``may_be_unshipped``, for many at once."""
    segments = list(_segments()) if ids else []
    if sum(size for _, size in segments) > MAX_SEARCHED_BYTES:
        return set(ids)
    texts = {str(id_).encode(): id_ for id_ in ids}
    found = {text for path, _ in segments for text in _IDS.findall(_content(path))}
    return {texts[text] for text in texts.keys() & found}


def _segments() -> Iterator[tuple[Path, int]]:
    for path in (settings().home / "journal").glob("*/*.frames"):
        with suppress(FileNotFoundError):  # it has just been shipped
            yield path, path.stat().st_size


def _content(segment: Path) -> bytes:
    try:
        return segment.read_bytes()
    except FileNotFoundError:
        return b""
