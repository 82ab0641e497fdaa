"""Redacts what is stored: masks credentials in queries, masks fields of bodies, truncates long bodies."""

from collections.abc import Set
from typing import Any
from urllib.parse import unquote_plus

import orjson

from diamonds.exchanges.frames import Body

MASK = "***"
_CREDENTIALS = (
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "auth",
    "signature",
    "credential",
    "session",
)


def without_credentials(query: str) -> str:
    """The query, with the values of parameters masked whose names look like credentials."""
    if not query:
        return query
    return "&".join(_mask_parameter(part) for part in query.split("&"))


def redact(whole: bytes, limit: int, masked_fields: Set[str]) -> Body:
    """The body as it is stored: its first ``limit`` bytes, with the values of these fields masked.

    Where fields are to be masked, a body that is no JSON, or nested too deeply, may contain them anywhere:
    only its size is stored.
    """
    if not masked_fields or not whole:
        return Body.truncated(whole, limit)
    try:
        return Body.truncated(orjson.dumps(_mask(orjson.loads(whole), masked_fields)), limit)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        return Body(b"", len(whole))


def _mask_parameter(part: str) -> str:
    name, equals, _ = part.partition("=")
    decoded = unquote_plus(name).lower()
    return f"{name}={MASK}" if equals and any(word in decoded for word in _CREDENTIALS) else part


def _mask(value: Any, names: Set[str]) -> Any:
    if isinstance(value, list):
        return [_mask(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    masked = {name: MASK if name in names else _mask(item, names) for name, item in value.items()}
    if _last_name(value.get("field")) in names:  # an error that quotes what came in a field
        masked |= {name: MASK for name in ("got", "message") if name in masked}
    return masked


def _last_name(field: object) -> str:
    return str(field).rpartition(".")[2]
