"""One HTTP request with its response, as the database stores it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A row of ``exchanges``; the names are the table's columns.

    A body is either in ``*_body``, where JSONB preserves it, or in ``*_bytes``, to the byte; ``*_size`` and
    ``*_sha256`` are those of the whole body where only its first bytes are stored. ``status`` is None when
    the client left before its response or the worker was killed.
    """

    id: UUID
    started_at: datetime
    duration_ms: float | None
    method: str
    path: str
    query: str
    status: int | None
    request_headers: dict[str, str] | None
    request_body: Any
    response_body: Any
    request_bytes: bytes | None
    response_bytes: bytes | None
    request_size: int | None
    request_sha256: bytes | None
    response_size: int | None
    response_sha256: bytes | None
    model: str | None
    model_version: str | None


def is_final(status: int | None) -> bool:
    """Whether a response stays the one of its request: a success, or a fault of the request itself.

    After any other the request may end differently the next time, with a key, later, or elsewhere.
    """
    return status is not None and (status < 400 or status == 400)
