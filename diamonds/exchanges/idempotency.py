"""Ids that clients choose, so that a retry is not recorded twice: claims them, and recognises retries."""

import json
from decimal import Decimal
from typing import Literal

from diamonds.database import engine
from diamonds.exchanges.database.bodies import fits_jsonb
from diamonds.exchanges.database.queries import read_exchange
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.exchange import Exchange, is_final
from diamonds.exchanges.frames import Body, Request
from diamonds.exchanges.redaction import MASK

Taken = Literal["taken"]


def claim(request: Request) -> Exchange | Taken | None:
    """Claims the id of a request for it, by storing the request.

    None: the request is to be answered, for the first time or again. An exchange: this request was answered
    before, and a retry gets that response. "taken": the id is another request's, or was forgotten.
    """
    with engine().begin() as connection:
        if upsert(connection, [(request, None)]) == 1:
            return None
        stored = read_exchange(connection, request.id)
    if stored is None or not same_request(stored, request):
        return "taken"
    return stored if is_final(stored.status) and _has_whole_response(stored) else None


def same_request(stored: Exchange, request: Request) -> bool:
    """Whether this is the request that is stored, compared as it would be stored."""
    line = (stored.method, stored.path, stored.query)
    return line == (request.method, request.path, request.query) and _same_body(stored, request.body)


def _has_whole_response(stored: Exchange) -> bool:
    """Whether the response is stored as it was sent: not truncated, masked, or bytes without their type.

    Those are responses with large batches and files: a retry computes them again.
    """
    if stored.response_size is not None or stored.response_bytes is not None:
        return False
    return MASK not in json.dumps(stored.response_body)


def _same_body(stored: Exchange, body: Body) -> bool:
    if body.size is None and fits_jsonb(body.content):
        return bool(stored.request_body == json.loads(body.content, parse_float=_number))
    sha256 = stored.request_sha256.hex() if stored.request_sha256 else None
    return Body(stored.request_bytes or b"", stored.request_size, sha256) == body


def _number(literal: str) -> float:
    """As the database returns it, which writes whole numbers out: 1e40 has 41 digits."""
    number = Decimal(literal)
    return int(number) if number == number.to_integral_value() else float(number)
