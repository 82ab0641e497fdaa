"""Decides how a body is stored: as JSONB where that preserves its value, else as bytes."""

from base64 import b64encode

import orjson

from diamonds.exchanges.frames import Body


def fits_jsonb(raw: bytes) -> bool:
    """Whether JSONB preserves a body's value: not with duplicate keys, NUL, or what is no strict JSON.

    A bare ``null`` does not fit, because null in the column means that there was no JSON.
    """
    try:
        value = orjson.loads(raw)
        again = orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # the latter for what is nested too deeply
        return False
    if value is None or b"\\u0000" in raw:
        return False
    # A dropped duplicate key takes its quotes along; escaped quotes could hide that, so they do not fit.
    return b"\\u0022" not in raw and again.count(b'"') == raw.count(b'"')


def body_columns(
    body: Body, *, as_bytes: bool = False
) -> tuple[str | None, str | None, int | None, str | None]:
    """The values for ``*_body``, ``*_bytes`` (in base64), ``*_size`` and ``*_sha256``.

    Size and SHA-256 are those of the whole body, where only its first bytes were stored.
    """
    if body.size is None and body.content and not as_bytes and fits_jsonb(body.content):
        return body.content.decode(), None, None, None
    return None, b64encode(body.content).decode() if body.content else None, body.size, body.sha256
