"""Ids that clients choose, so that a retry is not recorded twice: claims them, and recognises retries."""

import json
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID, uuid5

import orjson
import sqlalchemy as sa

from diamonds.database import engine
from diamonds.exchanges.database.bodies import fits_jsonb
from diamonds.exchanges.database.key_order import in_key_order
from diamonds.exchanges.database.queries import read_exchange
from diamonds.exchanges.database.tables import exchanges
from diamonds.exchanges.database.upsert import upsert
from diamonds.exchanges.exchange import Exchange, is_final
from diamonds.exchanges.frames import Body, Request

Taken = Literal["taken"]

_MOST_IDS = 10_000
_LARGE = 64 * 1024


class RecentIds:
    """The newest ids that clients chose for requests to this worker, each with a hash of its request."""

    def __init__(self, most: int = _MOST_IDS) -> None:
        self._most = most
        self._hashes: dict[str, int] = {}

    def compare(self, request: Request) -> Literal["new", "same", "other"]:
        """Whether the id of a request is new, or is known as that of the same or of another request."""
        known = self._hashes.get(request.id)
        if known is None:
            return "new"
        return "same" if known == _hash(request) else "other"

    def add(self, request: Request) -> None:
        self._hashes[request.id] = _hash(request)
        if len(self._hashes) > self._most:
            del self._hashes[next(iter(self._hashes))]


def claim(request: Request) -> Exchange | Taken | None:
    """Claims the id of a request for it in the database, by storing the request.

    None: the request is to be answered, for the first time or again. An exchange: this request was answered
    before, and a retry gets that response, as it was sent. "taken": the id is another request's, or was
    forgotten.
    """
    with engine().begin() as connection:
        if upsert(connection, [(request, None)]) == 1:
            return None
        stored = read_exchange(connection, request.id)
        if stored is None or not same_request(stored, request):
            return "taken"
        order = _response_key_order(connection, stored.id) if is_final(stored.status) else None
    return None if order is None else replace(stored, response_body=in_key_order(stored.response_body, order))


def same_request(stored: Exchange, request: Request) -> bool:
    """Whether this is the request that is stored, compared as it would be stored."""
    line = (stored.method, stored.path, stored.query)
    return line == (request.method, request.path, request.query) and _same_body(stored, request.body)


def own_id(request: Request) -> str:
    """The id under which a request is stored whose own id belongs to another: always the same one."""
    line = "\n".join((request.method, request.path, request.query))
    return str(uuid5(UUID(request.id), sha256(line.encode() + b"\n" + request.body.content).hexdigest()))


def _response_key_order(connection: sa.Connection, id_: UUID) -> list[str] | None:
    """The order of the keys in the stored response; None: a retry computes the response again.

    That is so where it is no JSON, and where it or its request was truncated or masked.
    """
    query = sa.select(exchanges.c.response_key_order).where(exchanges.c.id == id_)
    order: list[str] | None = connection.scalar(query)
    return order


def _same_body(stored: Exchange, body: Body) -> bool:
    sha256 = stored.request_sha256.hex() if stored.request_sha256 else None
    if Body(stored.request_bytes or b"", stored.request_size, sha256) == body:
        return stored.request_body is None
    if body.size is not None or not fits_jsonb(body.content):
        return False
    return bool(stored.request_body == json.loads(body.content, parse_float=_number))


def _number(literal: str) -> float:
    """As the database returns it, which writes whole numbers out: 1e40 has 41 digits."""
    number = Decimal(literal)
    return int(number) if number == number.to_integral_value() else float(number)


def _hash(request: Request) -> int:
    """The same for requests that ``same_request`` takes for the same; it has to compare equal ones again."""
    content = request.body.content
    try:
        body = _hash_of(orjson.loads(content)) if len(content) <= _LARGE else hash(content)
    except (orjson.JSONDecodeError, RecursionError):
        body = hash(content)
    return hash((request.method, request.path, request.query, body))


def _hash_of(value: Any) -> int:
    """A hash without regard to the order of keys, nor to how a number is written."""
    if isinstance(value, dict):
        return hash(frozenset((name, _hash_of(item)) for name, item in value.items()))
    if isinstance(value, list):
        return hash(tuple(map(_hash_of, value)))
    return hash(value)
