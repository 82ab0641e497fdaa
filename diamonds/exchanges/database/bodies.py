"""Decides how a body is stored: as JSONB where that preserves its value, else as bytes."""

import json
import re
from base64 import b64encode

import orjson

from diamonds.exchanges.frames import Body

_ROOM_FOR_ZEROS = 1000
# With bytes.find several times as fast as a pattern is alone.
_ONE_DIGIT = bytes.maketrans(b"123456789E", b"000000000e")
_LONG_FRACTION = b"." + b"0" * _ROOM_FOR_ZEROS  # in one digit
# In texts these match more than they should: such bodies are looked at again, number by number.
_EXPONENT = re.compile(rb"[eE]([+-]?[0-9]+)")


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
    # A dropped duplicate key takes its quotes along; escaped quotes could hide that, so they do not fit.
    if value is None or again.count(b'"') != raw.count(b'"'):
        return False
    if b"\\" in raw and (b"\\u0000" in raw or b"\\u0022" in raw):
        return False
    return not (_may_change_numbers(raw) and _changes_numbers(raw))


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
    digits = raw.translate(_ONE_DIGIT, b"+-")
    return (
        b"0e" in digits and _may_be_too_large(digits) and _are_too_large(_EXPONENT.findall(raw), raw)
    ) or (len(raw) > _ROOM_FOR_ZEROS and _LONG_FRACTION in digits)


def _may_be_too_large(digits: bytes) -> bool:
    """Whether there are exponents of three digits, or many of fewer."""
    return b"0e000" in digits or digits.count(b"0e") * 99 > _ROOM_FOR_ZEROS


def _changes_numbers(raw: bytes) -> bool:
    numbers: list[str] = []
    json.loads(raw, parse_int=numbers.append, parse_float=numbers.append)
    parts = [number.lower().partition("e") for number in numbers]
    if any(len(mantissa) > _ROOM_FOR_ZEROS for mantissa, _, _ in parts):
        return True
    return _are_too_large([exponent.encode() for _, _, exponent in parts if exponent], raw)


def _are_too_large(exponents: list[bytes], raw: bytes) -> bool:
    """Whether JSONB would write out more zeros for these exponents than the body has room for."""
    if max(map(len, exponents), default=0) > len(b"-16383"):
        return True
    return sum(map(abs, map(int, exponents))) > len(raw) + _ROOM_FOR_ZEROS
