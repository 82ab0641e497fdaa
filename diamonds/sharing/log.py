"""The log of the shared model store: numbered entries, each written once, that add up to what it holds."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Self
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from diamonds.sharing.files import SharedFiles, StoreAway

_FOLDER = "log"
_MOST_AT_ONCE = 64


class Saved(BaseModel):
    """A version as it is shared: its metadata, and the SHA-256 of each file by its name."""

    model_config = ConfigDict(frozen=True)

    metadata: str
    files: dict[str, str]


class Entry(BaseModel):
    """Versions that were saved, or whose labels changed, and those that were deleted, by their tags."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(ge=1)
    saved: dict[str, Saved] = {}
    deleted: tuple[str, ...] = ()
    id: UUID = Field(default_factory=uuid4)
    host: str = Field(default_factory=socket.gethostname)
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Shared(BaseModel):
    """What the entries up to ``number`` add up to."""

    model_config = ConfigDict(frozen=True)

    url: str
    number: int = 0
    versions: dict[str, Saved] = {}

    def after(self, entry: Entry) -> Self:
        """What is shared after the next entry."""
        versions = {tag: saved for tag, saved in self.versions.items() if tag not in entry.deleted}
        return self.model_copy(update={"number": entry.number, "versions": versions | entry.saved})


def entries_after(files: SharedFiles, number: int) -> Iterator[Entry]:
    """The entries after that of a number, in order; raises ``StoreAway``."""
    for each, content in enumerate(contents_after(files, _FOLDER, number), number + 1):
        yield _parsed(each, content)


def contents_after(files: SharedFiles, folder: str, number: int) -> Iterator[bytes]:
    """The numbered files of a folder after that number, in order, to the first that is missing.

    One request finds that there is none; where there are many, ever more are read at once. Raises
    ``StoreAway``.
    """
    count = 1
    while True:
        numbers = range(number + 1, number + 1 + count)
        for content in files.read_all([numbered(folder, each) for each in numbers]):
            if content is None:
                return
            yield content
        number, count = numbers[-1], min(2 * count, _MOST_AT_ONCE)


def has_entry(files: SharedFiles, number: int) -> bool:
    """Whether there is an entry of that number; raises ``StoreAway``."""
    return files.read(numbered(_FOLDER, number)) is not None


def _parsed(number: int, content: bytes) -> Entry:
    try:
        return Entry.model_validate_json(content)
    except ValidationError as error:
        raise StoreAway(f"Entry {number} of the shared model store is none of ours: {error}.") from error


def append(files: SharedFiles, entry: Entry) -> bool:
    """Adds the next entry, or returns False where another one has its number; raises ``StoreAway``."""
    return files.create(numbered(_FOLDER, entry.number), entry.model_dump_json().encode())


def numbered(folder: str, number: int) -> str:
    """The name of a numbered file."""
    return f"{folder}/{number:010d}.json"
