"""Decides how a body is stored: as JSONB where that preserves its value, else as bytes."""

import json
import math
import re
from base64 import b64encode

import orjson

from diamonds.exchanges.frames import Body

_ROOM_FOR_ZEROS = 1000
# With bytes.find several times as fast as a pattern is alone.
_ONE_DIGIT = bytes.maketrans(b"123456789E", b"000000000e")
# In texts these match more than they should: such bodies are looked at again, number by number.
_EXPONENT = re.compile(rb"[eE]([+-]?[0-9]+)")
_LONG_FRACTION = re.compile(rb"\.[0-9]{1000}")


def fits_jsonb(raw: bytes) -> bool:
    """Whether JSONB preserves a body's value: not with duplicate keys, NUL, or what is no strict JSON.

    A bare ``null`` does not fit, because null in the column means that there was no JSON. Nor do numbers that
    JSONB would write out with so many zeros that nobody can read them back, or round.
    """
    try:
        value = orjson.loads(raw)
        again = orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # the latter for what is nested too deeply
        return False
    if value is None or b"\\u0000" in raw:
        return False
    if _may_change_numbers(raw) and _changes_numbers(raw):
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


def _may_change_numbers(raw: bytes) -> bool:
    """A quick check whether ``_changes_numbers`` has to parse the body, which is rare."""
    has_exponents = b"0e" in raw.translate(_ONE_DIGIT)
    return (has_exponents and _zeros(_EXPONENT.findall(raw)) > len(raw) + _ROOM_FOR_ZEROS) or (
        len(raw) > _ROOM_FOR_ZEROS and _LONG_FRACTION.search(raw) is not None
    )


def _changes_numbers(raw: bytes) -> bool:
    numbers: list[str] = []
    json.loads(raw, parse_int=numbers.append, parse_float=numbers.append)
    parts = [number.lower().partition("e") for number in numbers]
    if any(len(mantissa) > _ROOM_FOR_ZEROS for mantissa, _, _ in parts):
        return True
    return _zeros([exponent.encode() for _, _, exponent in parts if exponent]) > len(raw) + _ROOM_FOR_ZEROS


def _zeros(exponents: list[bytes]) -> float:
    """How many zeros JSONB would write out for these exponents at most; without bound for the longest."""
    if max(map(len, exponents), default=0) > len(b"-16383"):
        return math.inf
    return sum(map(abs, map(int, exponents)))
