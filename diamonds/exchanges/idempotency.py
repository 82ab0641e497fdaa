"""Ids that clients choose, so that a retry is no second exchange: whether they are free, and whose else."""

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


def claim(asked: Request) -> Exchange | Taken | None:
    """Takes the id of a request for it, by keeping the request.

    None: the id is its own, and there is no answer yet, or none to be given again. An exchange: this request
    was answered before. "taken": the id is another request's, or was forgotten.
    """
    with engine().begin() as connection:
        if upsert(connection, [(asked, None)]) == 1:
            return None
        stored = read_exchange(connection, asked.id)
    if stored is None or not same_request(stored, asked):
        return "taken"
    return stored if is_final(stored.status) and _has_whole_answer(stored) else None


def same_request(stored: Exchange, asked: Request) -> bool:
    """Whether this is what was stored, compared as it would be stored."""
    line = (stored.method, stored.path, stored.query)
    return line == (asked.method, asked.path, asked.query) and _same_body(stored, asked.body)


def _has_whole_answer(stored: Exchange) -> bool:
    """Not one that was cut or masked, nor bytes of a type that is not kept.

    Such are answers of large batches and files: asked for again, they are made again.
    """
    if stored.response_size is not None or stored.response_bytes is not None:
        return False
    return MASK not in json.dumps(stored.response_body)


def _same_body(stored: Exchange, body: Body) -> bool:
    if body.size is None and fits_jsonb(body.kept):
        return bool(stored.request_body == json.loads(body.kept, parse_float=_number))
    sha256 = stored.request_sha256.hex() if stored.request_sha256 else None
    return (stored.request_bytes or b"", stored.request_size, sha256) == (body.kept, body.size, body.sha256)


def _number(written: str) -> float:
    """As the database gives it back, which writes whole numbers out: 1e40 has 41 digits."""
    number = Decimal(written)
    return int(number) if number == number.to_integral_value() else float(number)
