"""Tells whether an exchange may still be on its way from this machine to the database."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from diamonds.settings import settings

LONGEST_SEARCH_BYTES = 64 * 1024 * 1024


def may_be_under_way(id: UUID) -> bool:  # noqa: A002 - the column's name
    """Whether a journal of this machine holds the exchange, or is too long to search.

    True is no promise: what reached the database a moment ago may still be in its journal.
    """
    segments = list(_segments())
    if sum(size for _, size in segments) > LONGEST_SEARCH_BYTES:
        return True
    # As it stands in a frame's facts; what a body says of the id comes after a colon.
    facts = b',"%s",' % str(id).encode()
    return any(facts in _content(path) for path, _ in segments)


def _segments() -> Iterator[tuple[Path, int]]:
    for path in (settings().home / "journal").glob("*/*.frames"):
        with suppress(FileNotFoundError):  # it has just been shipped
            yield path, path.stat().st_size


def _content(segment: Path) -> bytes:
    try:
        return segment.read_bytes()
    except FileNotFoundError:
        return b""
