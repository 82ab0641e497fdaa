"""Makes requests and answers as a worker journals them."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import uuid_utils

from diamonds.database import engine
from diamonds.exchanges import Body, Journal, Request, Response
from diamonds.exchanges.database.dead_letters import DeadLetter, read

PATH = "/predict"


def make_request(number: int, **changes: Any) -> Request:
    facts: dict[str, Any] = {
        "number": number,
        "id": str(uuid_utils.uuid7()),
        "started_at": time.time(),
        "method": "POST",
        "path": PATH,
        "query": "",
        "headers": None,
        "id_from_client": False,
        "body": Body(b'{"number":%d}' % number),
    }
    return Request(**{**facts, **changes})


def make_response(to: Request, **changes: Any) -> Response:
    facts: dict[str, Any] = {
        "number": to.number,
        "id": to.id,
        "duration_ms": 1.5,
        "status": 200,
        "model": "linear",
        "model_version": "diamonds-linear:abc",
        "body": Body(b'{"price":1}'),
    }
    return Response(**{**facts, **changes})


def id_at(moment: datetime, number: int = 0) -> str:
    """A UUIDv7 of a moment."""

    return str(UUID(int=(int(moment.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | number))


def make_journal(parent: Path, *, max_bytes: int = 1 << 30, **options: Any) -> Journal:
    return Journal(parent, max_bytes=max_bytes, **options)


def append_exchanges(journal: Journal, count: int) -> list[Request]:
    """Appends so many answered requests."""
    requests = [make_request(number) for number in range(count)]
    for request in requests:
        journal.append(request.frame())
        journal.append(make_response(request).frame())
    return requests


def dead_letters() -> list[DeadLetter]:
    with engine().connect() as connection:
        return read(connection)
