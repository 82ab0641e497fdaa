"""Searches the bodies of exchanges for a text, whether stored as JSON or as bytes."""

import re
from typing import Any

import orjson
import sqlalchemy as sa

from diamonds.exchanges.database.tables import exchanges
from diamonds.exchanges.database.unreadable import readable_json

LONGEST_TEXT = 200


def contains(text: str, *, readable_only: bool = False) -> sa.ColumnElement[bool]:
    """A condition: the request's or the response's body contains the text, ignoring case.

    Postgres normalises the spaces of JSON: the text may have a space after a colon or none, and its quotes
    may be escaped or not. ``readable_only``: bodies that cannot be read back contain nothing.
    """
    column = exchanges.c
    json_bodies: list[sa.ColumnElement[Any]] = [column.request_body, column.response_body]
    if readable_only:
        json_bodies = [readable_json(body) for body in json_bodies]
    spellings = sorted({text, orjson.dumps(text).decode()[1:-1], re.sub(r'":(?=\S)', '": ', text)})
    return sa.or_(
        *(
            sa.cast(body, sa.Text).icontains(spelling, autoescape=True)
            for body in json_bodies
            for spelling in spellings
        ),
        *(
            sa.func.encode(body, "escape").icontains(_bytea_escape(text), autoescape=True)
            for body in (column.request_bytes, column.response_bytes)
        ),
    )


def _bytea_escape(text: str) -> str:
    """The text as Postgres' ``encode(..., 'escape')`` writes its bytes."""
    doubled = text.replace("\\", "\\\\").encode()
    return "".join(chr(byte) if byte < 0x80 else f"\\{byte:03o}" for byte in doubled)
