"""Which exchanges contain a text in a body, whatever way the body is kept."""

import re

import orjson
import sqlalchemy as sa

from diamonds.exchanges.database.tables import exchanges

LONGEST_TEXT = 200


def contains(text: str) -> sa.ColumnElement[bool]:
    """Whether the request's or the response's body contains the text, without regard to case.

    JSON is kept without the spaces that it came with; the text may have a space after a colon or none, and
    quotes as they are or escaped.
    """
    column = exchanges.c
    written = sorted({text, orjson.dumps(text).decode()[1:-1], re.sub(r'":(?=\S)', '": ', text)})
    return sa.or_(
        *(
            sa.cast(body, sa.Text).icontains(form, autoescape=True)
            for body in (column.request_body, column.response_body)
            for form in written
        ),
        *(
            sa.func.encode(body, "escape").icontains(_escaped(text), autoescape=True)
            for body in (column.request_bytes, column.response_bytes)
        ),
    )


def _escaped(text: str) -> str:
    """The text as Postgres' ``encode(..., 'escape')`` writes its bytes."""
    doubled = text.replace("\\", "\\\\").encode()
    return "".join(chr(byte) if byte < 0x80 else f"\\{byte:03o}" for byte in doubled)
