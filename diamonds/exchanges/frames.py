"""How requests and answers are written into a journal: frames that can be told from damage."""

import hashlib
import struct
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import orjson

MAGIC = b"\xd1\xa3DX"
HEADER = struct.Struct("<4sIII")  # magic, checksum, length of the facts, length of the body


class Damaged(ValueError):
    """The bytes at this place are no frame."""


# Tuples, for they are made on the way of every request: a frozen dataclass takes twice as long.


class Body(NamedTuple):
    """A body, or its first bytes with the size and hash of the whole."""

    kept: bytes
    size: int | None = None
    sha256: str | None = None

    @classmethod
    def within(cls, limit: int, whole: bytes) -> "Body":
        if len(whole) <= limit:
            return cls(whole)
        return cls(whole[:limit], len(whole), hashlib.sha256(whole).hexdigest())


class Request(NamedTuple):
    """What a client asked; ``number`` joins it with its answer within one journal.

    ``id_unchecked``: its client chose the id while the database was away to tell whether it was free.
    """

    number: int
    id: str
    started_at: float
    method: str
    path: str
    query: str
    headers: dict[str, str] | None
    id_unchecked: bool
    body: Body

    def frame(self) -> bytes:
        body = self.body
        return _frame(["request", *self[:-1], body.size, body.sha256], body.kept)


class Answer(NamedTuple):
    """What became of a request; ``status`` is None when the client left before its answer."""

    number: int
    id: str
    duration_ms: float
    status: int | None
    model: str | None
    model_version: str | None
    body: Body

    def frame(self) -> bytes:
        body = self.body
        return _frame(["answer", *self[:-1], body.size, body.sha256], body.kept)


Joined: TypeAlias = tuple[Request, Answer | None]
"""A request with its answer, or None where there is none yet."""


def frame_at(data: bytes, start: int) -> tuple[Request | Answer, int]:
    """The frame that begins at ``start`` and where it ends; raises Damaged for anything else.

    A frame of which the end is missing cannot be told from damage, either.
    """
    facts_at = start + HEADER.size
    if facts_at > len(data) or not data.startswith(MAGIC, start):
        raise Damaged
    _, checksum, facts_length, body_length = HEADER.unpack_from(data, start)
    end = facts_at + facts_length + body_length
    content = data[facts_at:end]
    if end > len(data) or zlib.crc32(content) != checksum:
        raise Damaged
    return _parsed(content[:facts_length], content[facts_length:]), end


def next_frame(data: bytes, start: int) -> int | None:
    """Where the next whole frame begins at or after ``start``."""
    while (found := data.find(MAGIC, start)) >= 0:
        try:
            frame_at(data, found)
        except Damaged:
            start = found + 1
        else:
            return found
    return None


def _frame(facts: list[Any], body: bytes) -> bytes:
    head = orjson.dumps(facts)
    content = head + body
    return HEADER.pack(MAGIC, zlib.crc32(content), len(head), len(body)) + content


def _parsed(facts: bytes, body: bytes) -> Request | Answer:
    kind, *fields, size, sha256 = orjson.loads(facts)
    made: Callable[..., Request | Answer] = Request if kind == "request" else Answer
    return made(*fields, Body(body, size, sha256))
