"""What of a body goes where: into JSONB when that holds it, else into bytes."""

from base64 import b64encode

import orjson

from diamonds.exchanges.journal.frames import Body


def jsonb_holds(raw: bytes) -> bool:
    """Whether JSONB gives back the same value: not with duplicate keys, NUL, or what is no strict JSON.

    A bare ``null`` counts as not held, for the column's null says that there was no JSON.
    """
    try:
        value = orjson.loads(raw)
        again = orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # the latter for what is nested too deeply
        return False
    if value is None or b"\\u0000" in raw:
        return False
    # A dropped duplicate key takes its quotes along; escaped quotes could hide that, so they are not trusted.
    return b"\\u0022" not in raw and again.count(b'"') == raw.count(b'"')


def stored(body: Body, *, as_bytes: bool = False) -> tuple[str | None, str | None, int | None, str | None]:
    """A body's JSON, or its bytes in base64 with the size and SHA-256 of a whole that was cut."""
    if body.size is None and body.kept and not as_bytes and jsonb_holds(body.kept):
        return body.kept.decode(), None, None, None
    return None, b64encode(body.kept).decode() if body.kept else None, body.size, body.sha256
