"""Requests and responses as a worker records them, and the checksummed frames that they are stored in."""

import hashlib
import struct
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import orjson

MAGIC = b"\xd1\xa3DX"
HEADER = struct.Struct("<4sIII")  # magic, checksum, length of the fields, length of the body


class DamagedFrame(ValueError):
    """The bytes at this offset are no frame."""


# Tuples, for they are made on the way of every request: a frozen dataclass takes twice as long.


class Body(NamedTuple):
    """A body; where ``content`` is only its first bytes, with the size and SHA-256 of the whole."""

    content: bytes
    size: int | None = None
    sha256: str | None = None

    @classmethod
    def truncated(cls, whole: bytes, limit: int) -> "Body":
        """The whole body, or its first ``limit`` bytes."""
        if len(whole) <= limit:
            return cls(whole)
        return cls(whole[:limit], len(whole), hashlib.sha256(whole).hexdigest())


class Request(NamedTuple):
    """A request; ``number`` joins it with its response within one journal.

    ``id_from_client``: the client chose the id, so that another request may have it, too.
    """

    number: int
    id: str
    started_at: float
    method: str
    path: str
    query: str
    headers: dict[str, str] | None
    id_from_client: bool
    body: Body

    def frame(self) -> bytes:
        body = self.body
        return _encode(["request", *self[:-1], body.size, body.sha256], body.content)


class Response(NamedTuple):
    """The outcome of a request; ``status`` is None when the client left before its response."""

    number: int
    id: str
    duration_ms: float
    status: int | None
    model: str | None
    model_version: str | None
    body: Body

    def frame(self) -> bytes:
        body = self.body
        return _encode(["answer", *self[:-1], body.size, body.sha256], body.content)


Joined: TypeAlias = tuple[Request, Response | None]
"""A request with its response, or None where there is none yet."""


def decode_frame(data: bytes, start: int) -> tuple[Request | Response, int]:
    """The message in the frame that begins at ``start``, and the offset where the frame ends.

    Raises DamagedFrame for anything else, also for a frame whose end is missing.
    """
    content_start = start + HEADER.size
    if content_start > len(data) or not data.startswith(MAGIC, start):
        raise DamagedFrame
    _, checksum, fields_length, body_length = HEADER.unpack_from(data, start)
    end = content_start + fields_length + body_length
    content = data[content_start:end]
    if end > len(data) or zlib.crc32(content) != checksum:
        raise DamagedFrame
    return _decode(content[:fields_length], content[fields_length:]), end


def find_frame(data: bytes, start: int) -> int | None:
    """The offset of the first whole frame at or after ``start``."""
    while (offset := data.find(MAGIC, start)) >= 0:
        try:
            decode_frame(data, offset)
        except DamagedFrame:
            start = offset + 1
        else:
            return offset
    return None


def _encode(fields: list[Any], body: bytes) -> bytes:
    head = orjson.dumps(fields)
    content = head + body
    return HEADER.pack(MAGIC, zlib.crc32(content), len(head), len(body)) + content


def _decode(head: bytes, body: bytes) -> Request | Response:
    kind, *fields, size, sha256 = orjson.loads(head)
    message: Callable[..., Request | Response] = Request if kind == "request" else Response
    return message(*fields, Body(body, size, sha256))
